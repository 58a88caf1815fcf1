"""Networks for inference: same values, less time and memory."""

from .accelerate import accelerate

__all__ = ['accelerate']
