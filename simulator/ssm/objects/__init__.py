"""Object storage as its callers meet it, in front of a server that keeps the objects (moto or LocalStack).

Who may do what, which buckets there are and where, and how an error reads is decided here; objects stream
through. Several storages share one server behind: their buckets have other names there, so that none sees
another's.
"""
