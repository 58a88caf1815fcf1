"""Who does the work: this machine, torchrun's processes, a Ray cluster."""
