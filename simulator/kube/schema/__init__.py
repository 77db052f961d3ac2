"""What the fields of each kind are, and how a client's JSON becomes an object."""
