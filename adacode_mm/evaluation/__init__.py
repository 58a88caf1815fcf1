"""Metrics that MMagic lacks."""
