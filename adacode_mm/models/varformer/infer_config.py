"""Config of VarFormer's networks from the names and shapes of parameters."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.quantizers.multi_scale_quantizer import SCALES

# What a file holds, and where that stands in `VarFormerNet`.
KINDS = {
    'varformer': '',
    'stage1': 'prior.',
    'var': 'prior.var.',
    'vqvae': 'prior.vqvae.',
}
_CLASSES = {
    'varformer': 'VarFormerNet',
    'stage1': 'VARPrior',
    'var': 'VAR',
    'vqvae': 'MultiScaleVQVAE',
}


class Shaped(Protocol):
    shape: Sequence[int]


def kind_of(names: Mapping[str, Shaped]) -> str | None:
    """Which of `KINDS` has these parameters, in `VarFormerNet`'s names.

    None if no part of them is there.
    """
    parts = {'.'.join(name.split('.')[:2]) for name in names}
    if parts & {'encoder.guides', 'decoder.guides'}:
        return 'varformer'
    if parts & {'prior.adapter', 'prior.cross_attentions'}:
        return 'stage1'
    found = parts & {'prior.var', 'prior.vqvae'}
    return found.pop().removeprefix('prior.') if len(found) == 1 else None


def infer_config(
    layout: Mapping[str, Shaped], scales: Sequence[int] | None = None
) -> dict:
    """Build config of the network whose parameters these are.

    Args:
        layout: Tensors, or what else has a shape, by `VarFormerNet`'s names.
        scales: Scales of the quantizer, which no shape tells; those of the
            released networks if None.

    Raises:
        CheckpointError: If parameters are missing or do not fit; they are
            named.
    """
    kind = kind_of(layout)
    if kind is None:
        raise CheckpointError(
            f'Expected the parameters of VarFormer, VAR or its tokenizer, '
            f'got {", ".join(list(layout)[:3])}: the checkpoint belongs to '
            f'another architecture.'
        )
    return _Reader(layout, tuple(scales or SCALES)).config(kind)


class _Reader:
    def __init__(self, layout, scales):
        self.layout = layout
        self.scales = scales

    def config(self, kind) -> dict:
        parts = getattr(self, f'_{kind}')()
        return {'type': f'adacode_mm.{_CLASSES[kind]}', **parts}

    def _varformer(self):
        return {
            'prior': self.config('stage1'),
            'adjust': self._count(r'decoder\.adjustments\.(\d)\.') > 0,
        }

    def _stage1(self):
        cross = r'prior\.cross_attentions\.(\d+)\.'
        adapter = r'prior\.adapter\.blocks\.(\d+)\.'
        return {
            'vqvae': self.config('vqvae'),
            'var': self.config('var'),
            'num_cross_attentions': self._count(cross),
            'num_adapter_blocks': self._count(adapter),
        }

    def _var(self):
        block = 'prior.var.blocks.0.'
        num_embeddings, channels = self._shape('prior.var.head.weight', 2)
        dim = self._shape('prior.var.word_embed.weight', 2)[1]
        length = self._shape('prior.var.pos_1LC', 3)[1]
        levels = self._shape('prior.var.lvl_embed.weight', 2)[0]
        expected = sum(scale**2 for scale in self.scales)
        if (length, levels) != (expected, len(self.scales)):
            raise CheckpointError(
                f'With the scales {self.scales}, prior.var.pos_1LC must have '
                f'{expected} positions and prior.var.lvl_embed.weight '
                f'{len(self.scales)} rows, got {length} and {levels}: give '
                f'the scales that the network was trained with.'
            )
        hidden = self._shape(f'{block}ffn.fc1.weight', 2)[0]
        return {
            'depth': self._count(r'prior\.var\.blocks\.(\d+)\.'),
            'channels': channels,
            'num_heads': self._shape(f'{block}attn.scale_mul_1H11', 4)[1],
            'num_embeddings': num_embeddings,
            'embedding_dim': dim,
            'scales': self.scales,
            'num_classes': self._shape('prior.var.class_emb.weight', 2)[0] - 1,
            'mlp_ratio': hidden / channels,
        }

    def _vqvae(self):
        tokenizer = 'prior.vqvae.'
        levels = self._count(r'prior\.vqvae\.encoder\.down\.(\d+)\.')
        codes = self._shape(f'{tokenizer}quantizer.embedding.weight', 2)
        return {
            'widths': [
                self._shape(
                    f'{tokenizer}encoder.down.{i}.block.0.conv1.weight', 4
                )[0]
                for i in range(levels)
            ],
            'quantizer': {
                'type': 'adacode_mm.MultiScaleQuantizer',
                'num_embeddings': codes[0],
                'embedding_dim': codes[1],
                'scales': self.scales,
                'num_phis': self._count(
                    r'prior\.vqvae\.quantizer\.phis\.(\d+)\.'
                ),
            },
        }

    def _count(self, pattern):
        """How many parts are numbered, never more than there are."""
        matches = (re.match(pattern, name) for name in self.layout)
        return len({match[1] for match in matches if match})

    def _shape(self, name, dims):
        shape = ()
        if name in self.layout:
            shape = tuple(self.layout[name].shape)
        if len(shape) != dims or 0 in shape:
            raise CheckpointError(
                f'VarFormer has a parameter {name} with {dims} dimensions, '
                f'none of them 0, got {shape or "none"}: the checkpoint is '
                f'incomplete or belongs to another architecture.'
            )
        return shape
