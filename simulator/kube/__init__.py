"""An embedded Kubernetes API server: one ASGI application over objects kept in memory.

Every write is one synchronous step between two awaits, so it is atomic without locks, and takes the next
number of the one resourceVersion counter. Stored objects are never mutated; clients read the bytes encoded
at the write.
"""
