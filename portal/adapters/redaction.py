"""The core's redaction, at the place adapters look for it."""

from portal.core.redaction import LONGEST, looks_secret, redact

__all__ = ["LONGEST", "looks_secret", "redact"]
