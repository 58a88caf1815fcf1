"""Visual autoregressive model: codes of the next scale from those before it.

Tian et al., "Visual autoregressive modeling: scalable image generation via
next-scale prediction", NeurIPS 2024, sections 3.1 and 3.3.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.quantizers.multi_scale_quantizer import SCALES
from adacode_mm.registry import MODELS

from .var_blocks import AdaLNBlock, AdaLNHead


class Condition(NamedTuple):
    """What a label does to every block, computed once a call.

    Attributes:
        start: Embedding of the label (B, C), the first token.
        blocks: Vectors of each block.
        head: Vectors of the normalisation before the classifier.
    """

    start: Tensor
    blocks: list[tuple[Tensor, ...]]
    head: tuple[Tensor, ...]


@MODELS.register_module()
class VAR(InitModule):
    """Transformer over the indices of all scales, block-causal in the scales.

    Args:
        depth: Number of blocks.
        channels: Width; the released models have 64 channels per block.
        num_heads: Heads of the attention.
        num_embeddings: Number of codes N.
        embedding_dim: Channels of each code.
        scales: As for `MultiScaleQuantizer`.
        num_classes: Labels; the label `num_classes` stands for none of them.
        mlp_ratio: Hidden width of the feed-forward layers as a multiple of
            `channels`.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(
        self,
        depth: int = 16,
        channels: int = 1024,
        num_heads: int = 16,
        num_embeddings: int = 4096,
        embedding_dim: int = 32,
        scales: Sequence[int] = SCALES,
        num_classes: int = 1000,
        mlp_ratio: float = 4.0,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.scales = tuple(scales)
        self.num_classes = num_classes
        length = sum(scale**2 for scale in self.scales)
        self.word_embed = nn.Linear(embedding_dim, channels)
        self.class_emb = nn.Embedding(num_classes + 1, channels)
        self.pos_start = nn.Parameter(torch.empty(1, 1, channels))
        self.pos_1LC = nn.Parameter(torch.empty(1, length, channels))
        self.lvl_embed = nn.Embedding(len(self.scales), channels)
        self.blocks = nn.ModuleList(
            AdaLNBlock(channels, num_heads, mlp_ratio) for _ in range(depth)
        )
        self.head_nm = AdaLNHead(channels)
        self.head = nn.Linear(channels, num_embeddings)
        std = math.sqrt(1 / channels / 3)
        for weight in (
            self.class_emb.weight,
            self.pos_start,
            self.pos_1LC,
            self.lvl_embed.weight,
        ):
            nn.init.trunc_normal_(weight, std=std)

    @property
    def num_tokens(self) -> int:
        return self.pos_1LC.shape[1]

    def condition(self, labels: Tensor) -> Condition:
        """Everything that depends on labels (B,) alone."""
        start = self.class_emb(labels)
        return Condition(
            start,
            [block.ada_lin(start) for block in self.blocks],
            self.head_nm.ada_lin(start),
        )

    def start_token(self, condition: Condition) -> Tensor:
        """Input (B, 1, C) of the first scale."""
        return (
            condition.start[:, None]
            + self.pos_start
            + self.lvl_embed.weight[0]
            + self.pos_1LC[:, :1]
        )

    def embed(self, tokens: Tensor, k: int) -> Tensor:
        """Input of scale k > 0 from `next_tokens` (B, scale ** 2, C_code)."""
        start = sum(scale**2 for scale in self.scales[:k])
        positions = self.pos_1LC[:, start : start + tokens.shape[1]]
        return self.word_embed(tokens) + self.lvl_embed.weight[k] + positions

    def classify(self, x: Tensor, condition: Condition) -> Tensor:
        """Logits (B, l, N) of the last block's output (B, l, C)."""
        return self.head(self.head_nm(x, condition.head))

    def forward(self, tokens: Tensor, labels: Tensor) -> Tensor:
        """Logits under teacher forcing, each scale from those before it.

        Args:
            tokens: `all_tokens` (B, L - 1, C_code) of the true codes.
            labels: (B,), `num_classes` for none.

        Returns:
            (B, L, N).
        """
        condition = self.condition(labels)
        sizes = [scale**2 for scale in self.scales]
        inputs = [self.start_token(condition)]
        for k, part in enumerate(tokens.split(sizes[1:], 1), 1):
            inputs.append(self.embed(part, k))
        x = torch.cat(inputs, 1)
        level = torch.arange(len(sizes), device=x.device)
        level = level.repeat_interleave(torch.tensor(sizes, device=x.device))
        mask = level[:, None] >= level
        for block, vectors in zip(self.blocks, condition.blocks, strict=True):
            x = block(x, vectors, mask)
        return self.classify(x, condition)
