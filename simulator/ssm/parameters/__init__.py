"""Parameter Store as AWS behaves, in front of a server that keeps the values (moto or LocalStack).

Everything a rule speaks of (names, versions, labels, tags, tiers, dates) is kept here; of a parameter the
server behind holds its values, one per version, and nothing reaches it that a rule refuses. Rules are
functions of what they are given; `service` is the only module that knows HTTP, `values` the only one that
knows the server behind. A value is never logged and never part of an error.
"""
