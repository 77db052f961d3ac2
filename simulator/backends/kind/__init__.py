"""kind, driven by its command line alone: one cluster per run, with a kubeconfig of its own.

Creating belongs to the world, deleting to whoever settles the run, since a world may be killed at any moment;
what is to be deleted stands in the run directory before anything is created.
"""
