"""Who calls and what they may do: IAM policies as documents, evaluated as IAM evaluates them.

Nothing here does I/O or knows a service; a policy this package cannot evaluate is refused when it is read,
never passed over.
"""
