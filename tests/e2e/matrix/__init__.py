"""One fault at one call of an onboarding on a whole world, then the same apply again."""
