"""Metrics that MMagic lacks."""

from .metrics import LPIPS

__all__ = ['LPIPS']
