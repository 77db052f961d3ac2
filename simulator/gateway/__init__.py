"""The one way in: every call to a simulated system passes here, in every tier.

Knows who calls, what the call means in the terms of its API, and which fault it is to meet; writes one line
per call, never a body and never a secret value. Knows nothing of how a system answers.
"""
