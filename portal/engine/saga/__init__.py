"""What every plan that changes a tenant is carried out with: lease, journal, retries, looks.

A step is check, act, verify, journaled before and after; it may be cut off anywhere and be carried out again.
It knows no use case: those hand their plan and their acts in.
"""
