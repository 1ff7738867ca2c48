"""A server that speaks OpenAI's API on loopback, and does what a test tells it to.

It has `/v1/chat/completions`, plain and as a stream of server-sent events, with tools and structured output,
and `/v1/embeddings`. The fixture `model_server` starts one in a thread for each test:

    from tests.model_server.behaviours import status, text

    async def test_something(model_server: ModelServer) -> None:
        model_server.script(status(429, retry_after="1"), text("Paris"))
        specs = {"m": ModelSpec.from_fields("m", model_server.fields())}
        ...
        assert model_server.requests[-1].body["messages"][-1]["content"] == "..."

Each request takes the next behaviour of the script (`tests.model_server.behaviours` has them all); when that
is used up, a function answers that can be given with `answer_with`. Unless it is, the last user's text comes
back after `echo: `, and texts have small vectors. `requests` are all that arrived, in order, with headers and
body; `peak` is the greatest number of requests that were under way at a time. Keys are not looked at.
"""
