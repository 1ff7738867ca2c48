"""Regular expressions and JSON Schemas from specs, safe on whatever text: no pattern takes for ever."""
