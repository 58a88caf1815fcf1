"""Demos on bundled photographs: restore, train, prepare data."""
