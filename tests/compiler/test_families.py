"""Families of models, and judges of the family that they judge."""

import pytest

from evalspec.compiler.usage import family_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai:gpt-5-mini", "GPT"),
        ("openai:o3-mini", "GPT"),
        ("openai:o1", "GPT"),
        ("openai:ft:gpt-4o-mini:acme::7p4lURel", "GPT"),
        ("azure:chatgpt-4o-latest", "GPT"),
        ("openrouter:openai/gpt-4.1", "GPT"),
        ("anthropic:claude-sonnet-4-5", "Claude"),
        ("bedrock:us.anthropic.claude-3-5-haiku-20241022-v1:0", "Claude"),
        ("google-gla:gemini-2.5-pro", "Gemini"),
        ("ollama:gemma3:12b", "Gemini"),
        ("groq:llama-3.3-70b-versatile", "Llama"),
        ("bedrock:meta.llama3-70b-instruct-v1:0", "Llama"),
        ("mistral:mistral-large-latest", "Mistral"),
        ("mistral:codestral-2501", "Mistral"),
        ("openai:Qwen/Qwen2.5-72B-Instruct", "Qwen"),
        ("deepseek:deepseek-chat", "DeepSeek"),
        ("grok:grok-4", "Grok"),
        ("cohere:command-r-plus", "Command"),
        ("bedrock:amazon.nova-pro-v1:0", "Nova"),
        ("azure:phi-4", "Phi"),
        ("openai:zai-org/glm-4.6", "GLM"),
        ("openai:moonshotai/kimi-k2", "Kimi"),
        ("openai:our-own-model", None),
        ("openai:o5x", None),
        ("openai:sophia-2", None),
        ("openai:text-embedding-3-small", None),
        ("google-gla:gemini-embedding-001", None),
        ("mistral:mistral-embed", None),
        ("embedded:echo", None),
        ("local:wordllama", None),
    ],
)
def test_family_of(model: str, family: str | None) -> None:
    assert family_of(model) == family
