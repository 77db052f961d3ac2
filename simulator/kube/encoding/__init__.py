"""Bodies and media types: from bytes to objects and back."""
