"""Use cases over ports: onboarding, live fleet state, initialisation, rehearsal. Runs on one asyncio loop.

Knows ports and core only: no SDK, no YAML, no terminal. Time, randomness and the outside are injected.
"""
