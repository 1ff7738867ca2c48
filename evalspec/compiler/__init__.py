"""From a document to a plan: structure, references, resolution."""
