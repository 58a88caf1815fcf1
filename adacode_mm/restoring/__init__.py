"""Restoring images: any kind in, the same kind out, in bounded memory."""
