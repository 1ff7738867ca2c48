def answer(question: dict[str, str]) -> dict[str, str]:
    """Late parcels are paid back, everything else is not."""
    return {"answer": "refund" if "late" in question["question"] else "no refund"}


def tone(output: dict[str, str]) -> str:
    """How the answer sounds."""
    return "short" if len(output["answer"]) < 10 else "long"
