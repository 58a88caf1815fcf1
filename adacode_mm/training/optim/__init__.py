"""Optimizer wrappers: mixed precision, and parts that are not trained."""
