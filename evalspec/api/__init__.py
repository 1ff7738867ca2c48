"""Wires the parts together; what `evalspec` exports lives here."""
