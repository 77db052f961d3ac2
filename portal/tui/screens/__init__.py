"""Screens: they arrange widgets, listen to messages and read the store; no rule lives here."""
