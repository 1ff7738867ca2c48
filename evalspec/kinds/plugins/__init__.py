"""Kinds that other distributions bring: found by entry point, described by a file that is read, not run."""
