"""What kubectl get shows."""
