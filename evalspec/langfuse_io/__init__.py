"""Everything that talks to Langfuse: resolve, publish, sync, read back. The only package that imports
langfuse."""
