"""Results for people: on a terminal, or as plain text."""
