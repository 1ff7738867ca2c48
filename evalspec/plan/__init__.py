"""The plan and what it is made of."""
