"""Networks, quantizers, losses and the training model."""
