"""Worlds that are broken on purpose, one planted cause at a time."""
