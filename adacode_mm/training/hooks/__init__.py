"""What a training loop calls at its events."""
