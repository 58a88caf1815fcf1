"""What every room may use: errors, atomic files, random state, processes."""
