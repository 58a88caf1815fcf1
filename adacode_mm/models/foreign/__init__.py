"""Networks of other packages, as plain image-to-image networks."""
