"""AdaCode, FeMaSR and VQGAN, as the house knows them."""

import re
from collections.abc import Mapping
from functools import partial

from torch import Tensor, nn

from adacode_mm.checkpoints.strict import build_strictly
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import Exact, Expected, Family, Weights
from adacode_mm.models.layers.padding import (
    explain_small_image,
    padded_forward,
    padded_shape,
    padded_size,
)
from adacode_mm.models.traits import Codes, Layout, SizeRule, Traits

from .codebook_net import CodebookNet
from .exact.exact_forward import exact_forward
from .fast.accelerate import accelerate
from .infer_config import infer_config
from .memory_estimate import choose_limits, whole_bytes
from .released_keys import is_released, map_released_keys
from .stored_config import check_stored_config
from .traceable.equal_choices import expected_outputs
from .traceable.traceable_net import TraceableNet

# What only this network has.
_OWN = re.compile(r'^(quantizers\.\d+\.embedding\.|pre_quants\.\d+\.)')


class AdaCodeFamily(Family):
    """Networks of the class `CodebookNet`."""

    name = 'adacode'
    classes = ('CodebookNet', 'ImageCodebookNet')
    averaged = False  # as in the released inference code

    def recognises(self, layout: Layout) -> bool:
        return is_released(layout) or any(map(_OWN.match, layout))

    def names(self, layout: Layout) -> dict[str, str]:
        if is_released(layout):
            return map_released_keys(layout)
        return super().names(layout)

    def open(self, weights: Weights) -> tuple[nn.Module, dict]:
        config = self._config(weights)
        if config['encoder']['in_channels'] != 3:
            raise CheckpointError(
                f'The network of {weights.source} should take RGB images, '
                f'but its parameter encoder.in_conv.weight has '
                f'{config["encoder"]["in_channels"]} channels.'
            )
        arguments = {k: v for k, v in config.items() if k != 'type'}
        build = partial(CodebookNet, **arguments)
        net = build_strictly(build, weights.state, weights.source)
        return net, config

    def _config(self, weights):
        if weights.config is not None:
            return check_stored_config(
                weights.config, weights.state, weights.source
            )
        if weights.published:
            return infer_config(weights.state)
        raise CheckpointError(
            f'{weights.source} must say how the normalisation layers of its '
            f'network are grouped, which no shape tells, but it holds no '
            f'config: give the config that it was trained with (adacode '
            f'convert --config).'
        )

    def check_config(self, net: nn.Module, config: Mapping) -> None:
        check_stored_config(config, net.state_dict(), 'the given network')

    def traits(self, net: nn.Module) -> Traits:
        """See `Family.traits`.

        Of the networks that keep the size, those that inpaint have the Swin
        layers for degraded images.
        """
        restores = net.encoder.swin is not None
        architecture = 'VQGAN'
        if len(net.quantizers) > 1:
            architecture = 'AdaCode'
        elif restores or net.semantic_head is not None:
            architecture = 'FeMaSR'
        task = 'inpaint' if restores else 'reconstruct'
        if net.scale > 1:
            task = 'sr'
        multiple = net.size_multiple
        needs = ['mask'] if task == 'inpaint' else []
        needs += ['fidelity'] if net.takes_fidelity else []
        return Traits(
            architecture,
            task,
            net.scale,
            SizeRule(multiple, smallest=multiple // 2),
            needs=frozenset(needs),
            hole_fill=net.hole_fill,
        )

    def codes(self, net: nn.Module) -> Codes:
        def covered(side, cells, padding):
            padded = padded_size(side, net.size_multiple, padding)
            return -(-side * cells // padded)

        return Codes(
            tuple(q.num_embeddings for q in net.quantizers),
            tuple(q.embedding_dim for q in net.quantizers),
            net.encoder.downsampling,
            net.decoder.upsampling,
            net.decode_indices,
            covered,
        )

    def fast(self, net: nn.Module, *, compile: bool = False) -> nn.Module:
        return accelerate(net, compile=compile)

    # 'released' always adds some pixels.
    whole = staticmethod(padded_forward)

    def exact(self, net: nn.Module) -> Exact:
        return _Strips(net)

    def memory(self, net, shape, padding) -> int:
        return whole_bytes(net, padded_shape(net, shape, padding))

    def traceable(self, net: nn.Module, padding: str) -> TraceableNet:
        return TraceableNet(net, padding)

    def expected(
        self,
        net: nn.Module,
        image: Tensor,
        padding: str,
        found: Mapping[str, Tensor],
    ) -> Expected:
        return expected_outputs(net, image, padding, found)


class _Strips(Exact):
    """Layer by layer, over strips of rows."""

    def __init__(self, net):
        self._net = net

    def __call__(
        self, image, padding, budget, rows=None, progress=None, **inputs
    ):
        net, shape = self._net, tuple(image.shape)
        padded = padded_shape(net, shape, padding)
        limits = choose_limits(net, padded, budget, rows)
        with explain_small_image(net, *shape[2:]):
            return exact_forward(
                net, image, padding, limits, progress, **inputs
            )


FAMILY = AdaCodeFamily()
