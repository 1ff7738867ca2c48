"""Asking programs, on behalf of tasks and evaluators."""
