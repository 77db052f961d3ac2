"""The wire side: routing, authentication, discovery, and what each request does."""
