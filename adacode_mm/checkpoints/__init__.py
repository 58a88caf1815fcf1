"""Read released and own checkpoints safely, convert them, load strictly."""
