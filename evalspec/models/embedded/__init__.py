"""Models that answer without a language model: no network, no key, the same answer on every machine."""
