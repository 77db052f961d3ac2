"""ArgoCD as seen through the Kubernetes API: ApplicationSets, Applications, their syncs and their status.

What decides (waves, order, health, comparison, the next step of a sync) is pure, in files of its own; git,
kustomize and the API are reached by the controllers alone. Every reconcile starts from what it reads.
"""
