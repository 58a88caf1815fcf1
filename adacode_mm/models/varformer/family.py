"""VarFormer, as the house knows it."""

from torch import nn

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import Family, Weights
from adacode_mm.models.traits import Layout, SizeRule, Tiles, Traits

from .infer_config import KINDS, infer_config, kind_of
from .released import built
from .released_keys import is_released, map_released_keys

# VQGANs of other releases have a `quantize.embedding` as well.
_RESIDUAL = 'quantize.quant_resi.qresi_ls.0.weight'


class VarFormerFamily(Family):
    """Networks of the class `VarFormerNet`.

    The files of VAR, of its tokenizer and of stage 1, from which trainings
    start, are recognised, too; they restore nothing.
    """

    name = 'varformer'
    classes = ('VarFormerNet',)

    def recognises(self, layout: Layout) -> bool:
        published = _RESIDUAL in layout or 'pos_1LC' in layout
        own = kind_of(layout) == 'varformer'
        return (published and is_released(layout)) or own

    def names(self, layout: Layout) -> dict[str, str]:
        """See `Family.names`; of parts, those of the part alone."""
        if not is_released(layout):
            return super().names(layout)
        names = map_released_keys(layout)
        ours = {new: layout[old] for old, new in names.items()}
        whole = KINDS.get(kind_of(ours), '')
        return {old: new.removeprefix(whole) for old, new in names.items()}

    def open(self, weights: Weights) -> tuple[nn.Module, dict]:
        if kind_of(weights.state) != 'varformer':
            raise CheckpointError(
                f'Expected a network that restores images in '
                f'{weights.source}, but it is VAR, its tokenizer or stage 1 '
                f'of VarFormer, which only training needs: take a file of '
                f'stage 2.'
            )
        config = infer_config(weights.state)
        return built(config, weights.state, weights.source), config

    def traits(self, net: nn.Module) -> Traits:
        return Traits(
            'VarFormer',
            'restore',
            net.scale,
            SizeRule(exactly=net.image_size),
            tiles=Tiles(overlap=32, guided=True),
        )


FAMILY = VarFormerFamily()
