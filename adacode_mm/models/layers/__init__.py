"""Building blocks: tensor in, tensor out, in no registry."""
