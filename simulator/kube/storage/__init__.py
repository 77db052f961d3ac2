"""Objects in memory, which resources are served, and snapshots of it all."""
