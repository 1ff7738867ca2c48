"""Digests of data and code."""
