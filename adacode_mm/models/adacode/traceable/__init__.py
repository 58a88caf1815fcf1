"""Forms of `CodebookNet` that can be traced for any image size."""
