"""What a request does to objects, and the forms it may take."""
