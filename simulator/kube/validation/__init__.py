"""What makes an object invalid, in the words of the real server."""
