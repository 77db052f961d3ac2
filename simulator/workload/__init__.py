"""The toy service every tenant image stands for: it proves its environment by using it.

It knows nothing of Kubernetes or of the simulator; it reads its environment, `etc/` and `run/` in its working
directory, and nothing else. It is ready only when everything its environment declares works, and says why.
"""
