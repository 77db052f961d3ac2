"""Neon's control plane (API v2) over real PostgreSQL computes that sleep and wake.

Rules (`model`, `account`, `roles`, `databases`, `endpoints`, `projects`, `operations`) know neither HTTP nor
sockets; the wire (`wire`, `routes`, `shapes`, `bodies`) decides nothing; computes run the processes.
Passwords are kept in memory only, and PostgreSQL is only ever told SCRAM verifiers.
"""
