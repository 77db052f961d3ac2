"""The simulated cluster's controllers: each watches, compares and writes through the Kubernetes API alone.

A controller keeps no truth of its own: it re-reads what it acts on, so that it can be stopped at any moment
and started again. None of them knows another; they meet in the objects they read and write.
"""
