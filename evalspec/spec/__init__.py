"""The language: what a spec may say, as pydantic models over the kinds."""
