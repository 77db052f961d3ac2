"""The container runtime of the rehearsal node: containers as local processes, or as containers of an engine.

It knows images, words, directories and names, and nothing of Kubernetes.
"""
