"""What goes on without a request: definitions, namespaces and garbage."""
