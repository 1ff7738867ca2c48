def answer(question: dict[str, str]) -> dict[str, str]:
    """Late parcels are paid back, everything else is not."""
    return {"answer": "refund" if "late" in question["question"] else "no refund"}
