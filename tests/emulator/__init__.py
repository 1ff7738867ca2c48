"""An emulator of a Langfuse server: HTTP on loopback, a database, both score contracts, the measured quirks,
faults.

`python -m tests.emulator` starts it by hand; `tests.emulator.handle` starts it from a test or a benchmark.
See README.md beside this file for what is measured and what is read from the SDK's types.
"""
