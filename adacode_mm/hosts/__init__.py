"""What connects this package to others. Only `adacode_mm` imports it."""
