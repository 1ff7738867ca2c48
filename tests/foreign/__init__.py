"""Evaluators of libraries that live in environments of their own: what `make foreign` runs in these."""
