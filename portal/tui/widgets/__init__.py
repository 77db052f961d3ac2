"""Widgets: each places one view-model of `present` and knows nothing of where it came from."""
