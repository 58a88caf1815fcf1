"""Tensors and numbers to uint8 RGB pictures; no files and no models here."""
