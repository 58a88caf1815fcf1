"""The package's version; `setup.py` reads it without importing torch."""

__version__ = '0.1.0.dev0'
