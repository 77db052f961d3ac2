"""Slim, typed projections of Kubernetes objects: the fields the portal judges, nothing else.

Each module reads raw JSON once and forgets it. A missing field is an empty value, never an error:
objects come from servers of many versions.
"""
