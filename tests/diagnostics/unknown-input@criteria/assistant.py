def answer(input):
    return "refund"
