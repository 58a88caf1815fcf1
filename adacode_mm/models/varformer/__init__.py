"""VarFormer, and what it is made of: VAR and its image tokenizer."""

from .prior_network import VARPrior
from .var import VAR
from .varformer_net import VarFormerNet
from .vqvae import MultiScaleVQVAE

__all__ = ['VAR', 'MultiScaleVQVAE', 'VARPrior', 'VarFormerNet']
