"""Nearest-code quantization with a learned codebook.

Van den Oord et al., "Neural discrete representation learning", NeurIPS 2017,
section 3; AdaCode (Liu et al., ICCV 2023), eq. (2).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.structures import Quantized
from adacode_mm.registry import MODELS


@MODELS.register_module()
class VectorQuantizer(InitModule):
    """Replaces each feature vector by the nearest code.

    Losses that train the codebook live in `adacode_mm.models.losses`.

    Args:
        num_embeddings: Number of codes N.
        embedding_dim: Channels C of each code.
        init_cfg: Initialisation, as in MMEngine, for example
            `adacode_mm.PretrainedParts`.

    Attributes:
        bypass: Let features through as they are, with index 0 everywhere: an
            encoder learns faster before it has to use codes. Not saved;
            `CodebookWarmUpHook` sets it.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.embedding = nn.Embedding(num_embeddings, embedding_dim)
        bound = 1 / num_embeddings
        nn.init.uniform_(self.embedding.weight, -bound, bound)
        self.bypass = False

    def forward(self, z: Tensor) -> Quantized:
        """Quantize features (B, C, h, w)."""
        if self.bypass:
            b, _, h, w = z.shape
            zeros = torch.zeros(b, h, w, dtype=torch.long, device=z.device)
            # Zero, but a gradient: distributed wrappers wait for one.
            nothing = 0 * self.embedding.weight.sum()
            return Quantized(z, z.detach() + nothing, zeros)
        indices = self.nearest(z)
        codes = self.lookup(indices)
        # In value this is `codes` up to one rounding, the same one as in the
        # released networks.
        st = z + (codes - z).detach()
        return Quantized(st, codes, indices)

    @torch.no_grad()
    @full_precision
    def nearest(self, z: Tensor) -> Tensor:
        """Index of the nearest code (B, h, w) for features (B, C, h, w)."""
        b, c, h, w = z.shape
        z_nC = z.permute(0, 2, 3, 1).reshape(-1, c)
        code_NC = self.embedding.weight.to(z_nC)
        distance_nN = (
            z_nC.square().sum(1, keepdim=True)
            + code_NC.square().sum(1)
            - 2 * z_nC @ code_NC.t()
        )
        return distance_nN.argmin(1).view(b, h, w)

    def lookup(self, indices: Tensor) -> Tensor:
        """Codes (B, C, h, w) for indices (B, h, w)."""
        return F.embedding(indices, self.embedding.weight).permute(0, 3, 1, 2)
