"""A whole world: its run directory, its supervisor, and the order in which its parts come up and go down.

The commands, the run directory and the supervisor use the standard library alone, so that they work, and
can say what is missing, where nothing else is installed. Whatever a world starts ends with it.
"""
