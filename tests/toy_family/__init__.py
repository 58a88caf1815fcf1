"""A family of another package, as its authors would write it: three files."""
