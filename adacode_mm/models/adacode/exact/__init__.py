"""The whole pass in bounded memory, layer by layer over strips."""
