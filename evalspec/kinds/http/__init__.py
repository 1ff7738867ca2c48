"""Asking services by HTTP, on behalf of tasks and evaluators."""
