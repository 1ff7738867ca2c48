"""The published schemas, shaped for editors."""
