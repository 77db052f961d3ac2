"""Containers of a run: where the engine is, whether it can be used, what runs in it, and how that ends.

Knows nothing of what runs in the containers, and is the only place that knows the Docker SDK and
testcontainers; what removes containers needs neither. Everything made here carries the marks of its run,
publishes its ports on loopback only, and is found again by its marks whoever died in between.
"""
