from importlib import import_module


def answer(question: dict[str, str]) -> dict[str, str]:
    rules = import_module("rules." + question["shop"])
    return {"answer": rules.decide(question)}
