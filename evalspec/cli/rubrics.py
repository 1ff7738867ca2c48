"""`evalspec rubrics`: the rubrics that evalspec brings."""

import typer

from evalspec.cli.options import FormatOption, Output


def command(output: FormatOption = Output.TEXT) -> None:
    """List the ready-made rubrics for judges."""
    from evalspec.cli.output import print_json
    from evalspec.report.rubrics import listing, rubric_tree
    from evalspec.rubrics.library import load_rubric, rubric_versions

    if output is Output.JSON:
        trees = [
            rubric_tree(load_rubric(name, version))
            for name, versions in rubric_versions().items()
            for version in versions
        ]
        print_json({"rubrics": trees})
        return
    newest = [load_rubric(name, versions[-1]) for name, versions in rubric_versions().items()]
    typer.echo(listing(newest), nl=False)
