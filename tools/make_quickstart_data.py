"""Write the data of specs/quickstart/ from the Unicode CLDR, as the package babel ships it.

    python -m tools.make_quickstart_data            # write the files
    python -m tools.make_quickstart_data --check    # exit with 1 where they differ

The items are names of countries in many languages. Which name is asked in which language is decided by
digests, so the same release of the CLDR gives the same bytes on every machine. Written with babel 2.18.0.
"""

import argparse
import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global

FOLDER = Path(__file__).resolve().parent.parent / "specs" / "quickstart"
CLDR = "47"

# The member states of the United Nations by region, after the geoscheme of its statistics division (M49),
# with the Americas divided as usual.
CONTINENTS = {
    "Africa": """
        DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML
        MR MU MA MZ NA NE NG RW ST SN SC SL SO ZA SS SD TZ TG TN UG ZM ZW
    """,
    "Asia": """
        AF AM AZ BH BD BT BN KH CN CY GE IN ID IR IQ IL JP JO KZ KP KR KW KG LA LB MY MV MN MM NP OM PK
        PH QA SA SG LK SY TJ TH TL TR TM AE UZ VN YE
    """,
    "Europe": """
        AL AD AT BY BE BA BG HR CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT MD MC ME NL MK NO PL PT
        RO RU SM RS SK SI ES SE CH UA GB
    """,
    "North America": "AG BS BB BZ CA CR CU DM DO SV GD GT HT HN JM MX NI PA KN LC VC TT US",
    "Oceania": "AU FJ KI MH FM NR NZ PW PG WS SB TO TV VU",
    "South America": "AR BO BR CL CO EC GY PY PE SR UY VE",
}

# Language, script of its names, and how many countries are asked in it.
LANGUAGES = (
    ("ar", "Arab", 4),
    ("cs", "Latn", 8),
    ("da", "Latn", 8),
    ("de", "Latn", 12),
    ("el", "Grek", 6),
    ("es", "Latn", 12),
    ("fi", "Latn", 8),
    ("fr", "Latn", 12),
    ("hr", "Latn", 8),
    ("hu", "Latn", 8),
    ("id", "Latn", 8),
    ("it", "Latn", 12),
    ("ja", "Jpan", 4),
    ("nl", "Latn", 10),
    ("pl", "Latn", 10),
    ("pt", "Latn", 12),
    ("ro", "Latn", 8),
    ("ru", "Cyrl", 8),
    ("sv", "Latn", 10),
    ("tr", "Latn", 8),
    ("uk", "Cyrl", 4),
)


def continents() -> dict[str, str]:
    """The continent of every country by its ISO 3166-1 alpha-2 code."""
    return {code: continent for continent, codes in CONTINENTS.items() for code in codes.split()}


def chosen(language: str, codes: Sequence[str], size: int) -> list[str]:
    """`size` of the codes, drawn by digest, in alphabetical order."""
    drawn = sorted(codes, key=lambda code: hashlib.sha256(f"{language}/{code}".encode()).hexdigest())
    return sorted(drawn[:size])


def items() -> Iterator[dict[str, Any]]:
    """The items of the dataset: a country's name in a language, and what it is called in English."""
    english = Locale("en").territories
    where = continents()
    for language, script, size in LANGUAGES:
        names = Locale(language).territories
        for code in chosen(language, sorted(where), size):
            yield {
                "id": f"{language}-{code.lower()}",
                "input": {"name": names[code], "language": language},
                "expected_output": {"code": code, "name": english[code]},
                "metadata": {"continent": where[code], "language": language, "script": script},
            }


def files() -> dict[Path, str]:
    """What the two data files hold: the items, and the table that the function under test reads."""
    lines = [json.dumps(item, ensure_ascii=False) for item in items()]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["code", "name"])
    english = Locale("en").territories
    writer.writerows([code, english[code]] for code in sorted(continents()))
    return {
        FOLDER / "data" / "countries.jsonl": "\n".join(lines) + "\n",
        FOLDER / "english_names.csv": table.getvalue(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the files; 1 where a checked one differs."""
    parser = argparse.ArgumentParser(description="Write the data of specs/quickstart/.")
    parser.add_argument("--check", action="store_true", help="write nothing, tell what differs")
    options = parser.parse_args(arguments)
    if (release := get_global("cldr")["version"]) != CLDR:
        parser.error(f"this babel holds CLDR {release}, the data is from CLDR {CLDR}")
    different = 0
    for path, text in files().items():
        if options.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(f"{path.name} differs", file=sys.stderr)
                different = 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{path.name}: {text.count(chr(10))} lines")
    return different


if __name__ == "__main__":
    sys.exit(main())
