"""Quantizers: features -> `Quantized`."""
