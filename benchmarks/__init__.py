"""The laboratory: tables, clocks and experiments, run from a checkout."""
