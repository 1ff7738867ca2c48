class Assistant:
    def answer(self, input: dict[str, str]) -> dict[str, str]:
        return {}
