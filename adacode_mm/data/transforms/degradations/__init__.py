"""Images to worse images: pure functions of an image and a generator."""
