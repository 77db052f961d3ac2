"""The parts a tenant is shown through, by their titles."""

CHAIN = "Chain"
TITLES = (CHAIN, "Database", "Secrets", "Cache", "Sync", "Pods", "Timeline", "YAML")
