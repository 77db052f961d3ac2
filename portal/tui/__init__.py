"""The Textual front end.

Widgets place what `present` computed; screens reach the outside only by injection.
"""
