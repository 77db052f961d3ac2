"""A seeded fleet, served by a process of its own, and the portal's live state measured against it."""
