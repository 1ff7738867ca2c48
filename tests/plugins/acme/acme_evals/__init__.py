"""Evaluators of a company that does not exist."""
