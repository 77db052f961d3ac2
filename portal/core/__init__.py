"""Pure values and rules. No I/O, no clock, no randomness, no SDK, no YAML, no asyncio.

Time arrives as an argument, the outside arrives as facets, and answers are immutable values.
"""
