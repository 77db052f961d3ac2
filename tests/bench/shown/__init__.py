"""The interface with many tenants on a pseudo-terminal, beside an empty Textual application."""
