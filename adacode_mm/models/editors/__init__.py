"""Training models: optimizer steps around a generator."""
