"""The container runtime of the rehearsal node: which local process stands for which image, and its start.

It knows images, words and directories, and nothing of Kubernetes. What a container is given as arguments
never becomes arguments of a real process, since it may hold secrets.
"""
