"""Where processes, sockets and certificates come from, how they are supervised, and how they end.

Knows nothing of what runs in them. Whatever is started here ends with the world that started it.
"""
