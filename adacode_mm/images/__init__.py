"""Image files in and out, with all that a photograph brings along."""
