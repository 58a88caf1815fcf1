"""Metrics that MMagic lacks, and the protocols they are used by."""
