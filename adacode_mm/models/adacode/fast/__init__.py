"""Networks for inference: same values, less time and memory."""
