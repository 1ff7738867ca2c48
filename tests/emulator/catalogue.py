"""What the emulator answers without storing anything: health, projects, models, evaluators."""

from typing import Any

from tests.emulator.observations import PRICES
from tests.emulator.routing import Router
from tests.emulator.settings import ORGANIZATION_ID, PROJECT_ID, Settings
from tests.emulator.wire import Call, Reply, json_reply, not_found, page_meta

EPOCH = "2026-01-01T00:00:00.000Z"
# Endpoints that answer an empty page with numbered pages, and such with a cursor, per contract.
NUMBERED = {
    "4.16": ("unstable/evaluators", "unstable/evaluation-rules", "llm-connections"),
    "5": ("llm-connections",),
}
CURSORED = {"4.16": (), "5": ("v2/evaluators", "v2/evaluation-rules")}


class Catalogue:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def register(self, router: Router) -> None:
        router.add("GET", "health", self._health)
        router.add("GET", "ready", self._health)
        router.add("GET", "projects", _projects)
        router.add("GET", "models", _models)
        router.add("GET", "models/{id}", _model)
        for path in NUMBERED[self._settings.contract]:
            router.add("GET", path, _empty_page)
        for path in CURSORED[self._settings.contract]:
            router.add("GET", path, _empty_cursor_page)

    def _health(self, _: Call) -> Reply:
        return json_reply({"status": "OK", "version": self._settings.version})


def _projects(_: Call) -> Reply:
    organization = {"id": ORGANIZATION_ID, "name": "Test"}
    project = {"id": PROJECT_ID, "name": "test", "organization": organization, "metadata": {}}
    return json_reply({"data": [project]})


def _empty_page(call: Call) -> Reply:
    page, limit = call.number("page", 1, 1 << 31), call.number("limit", 50, 100)
    return json_reply({"data": [], "meta": page_meta(page, limit, 0)})


def _empty_cursor_page(call: Call) -> Reply:
    call.number("limit", 50, 100)
    return json_reply({"data": [], "meta": {}})


def _described(name: str) -> dict[str, Any]:
    identifier, input_price, output_price = PRICES[name]
    prices = {"input": {"price": input_price}, "output": {"price": output_price}}
    tier = {
        "id": f"{identifier}_tier_default",
        "name": "Standard",
        "isDefault": True,
        "priority": 0,
        "conditions": [],
        "prices": {key: price["price"] for key, price in prices.items()},
    }
    return {
        "id": identifier,
        "modelName": name,
        "matchPattern": f"(?i)^({name})$",
        "startDate": None,
        "unit": "TOKENS",
        "inputPrice": input_price,
        "outputPrice": output_price,
        "totalPrice": None,
        "tokenizerId": "openai",
        "tokenizerConfig": None,
        "isLangfuseManaged": True,
        "createdAt": EPOCH,
        "prices": prices,
        "pricingTiers": [tier],
    }


def _models(call: Call) -> Reply:
    page, limit = call.number("page", 1, 1 << 31), call.number("limit", 50, 100)
    models = [_described(name) for name in PRICES]
    return json_reply(
        {"data": models[(page - 1) * limit : page * limit], "meta": page_meta(page, limit, len(models))}
    )


def _model(call: Call) -> Reply:
    for name, (identifier, _, _) in PRICES.items():
        if identifier == call.params["id"]:
            return json_reply(_described(name))
    raise not_found("No model with this id found.")
