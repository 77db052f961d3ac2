"""An independent restatement of the outside world the portal talks to, runnable on one laptop.

Knows nothing of `portal`: the two meet over the wire only. Everything listens on loopback, every
credential is minted per run, and all time comes from one clock.
"""
