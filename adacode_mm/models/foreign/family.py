"""Plain networks from image to image, as the house knows them.

Networks that a config builds, MMagic's or one's own, and those that spandrel
(https://github.com/chaiNNer-org/spandrel) reads from a file.
"""

import importlib.metadata
import importlib.util
import weakref
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from adacode_mm.checkpoints.strict import load_strictly
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import Family, Weights, families
from adacode_mm.models.plain_graph import PlainGraph
from adacode_mm.models.traits import Layout, SizeRule, Traits
from adacode_mm.registry import MODELS

from .codeless_net import CodelessNet
from .foreign_net import LEAST, ForeignNet, probed

# What is built from the config of a file that comes from anywhere: none of
# them loads or fetches anything.
SAFE = (
    'CodelessNet',
    'EDSRNet',
    'MSRResNet',
    'NAFBaseline',
    'NAFNet',
    'PlainNet',
    'RDNNet',
    'RRDBNet',
    'Restormer',
    'SRCNNNet',
    'SwinIRNet',
)
_SPANDREL = 'spandrel'
_LARGEST = 4096  # number that such a config may hold


class ForeignFamily(Family):
    """Every network that has no family of its own."""

    name = 'foreign'
    classes = (*SAFE, _SPANDREL)

    def __init__(self):
        self._probed = weakref.WeakKeyDictionary()

    def recognises(self, layout: Layout) -> bool:
        """See `Family.recognises`: what spandrel knows and nobody else."""
        if importlib.util.find_spec(_SPANDREL) is None:
            return False
        others = (each for each in families() if each is not self)
        if any(each.recognises(layout) for each in others):
            return False
        state = {
            key: torch.empty(entry.shape, dtype=entry.dtype, device='meta')
            for key, entry in layout.items()
        }
        return _architecture(state) is not None

    def open(self, weights: Weights) -> tuple[nn.Module, dict]:
        config = dict(weights.config or {})
        stated = bool(config) and config.get('type') != _SPANDREL
        if stated and (weights.trusted or _is_safe(config)):
            return _built(config, weights), config
        return _read(weights)

    def traits(self, net: nn.Module) -> Traits:
        if isinstance(net, ForeignNet):
            return net.traits
        if isinstance(net, CodelessNet):
            multiple = net.size_multiple
            return Traits(
                type(net.network).__name__,
                'sr' if net.scale > 1 else 'restore',
                net.scale,
                SizeRule(multiple, least=-(-LEAST // multiple) * multiple),
            )
        if net not in self._probed:
            self._probed[net] = probed(net)
        return self._probed[net]

    def fast(self, net: nn.Module, *, compile: bool = False) -> nn.Module:
        if not isinstance(net, ForeignNet | CodelessNet):
            net = ForeignNet(net, self.traits(net)).eval()
        return super().fast(net, compile=compile)

    def traceable(self, net: nn.Module, padding: str) -> PlainGraph:
        # The wrapper looks at sizes, which would fix them.
        inner = net.network if isinstance(net, CodelessNet) else net
        return PlainGraph(inner, self.traits(net))


def _is_safe(config) -> bool:
    """Whether all classes of a config are `SAFE`, with numbers of a size."""
    if isinstance(config, Mapping):
        named = str(config.get('type', SAFE[0]))
        known = named.removeprefix('adacode_mm.').removeprefix('mmagic.')
        return known in SAFE and all(map(_is_safe, config.values()))
    if isinstance(config, list | tuple):
        return all(map(_is_safe, config))
    if isinstance(config, int | float):
        return abs(config) <= _LARGEST
    return config is None or isinstance(config, str)


def _built(config, weights: Weights) -> nn.Module:
    net = MODELS.build(config).float()
    load_strictly(net, weights.state, weights.source)
    return net.eval()


def _read(weights: Weights) -> tuple[nn.Module, dict]:
    """The network that spandrel makes of tensors."""
    state: dict[str, Tensor] = dict(weights.state)
    if importlib.util.find_spec(_SPANDREL) is None:
        raise CheckpointError(
            f'{weights.source} belongs to no network of this package, and '
            f'spandrel, which knows many more, is not installed: pip install '
            f'"adacode-mm[spandrel]", or name the work directory of the '
            f'training.'
        )
    architecture = _architecture(state)
    if architecture is None:
        raise CheckpointError(
            f'Expected a network that restores images in {weights.source}, '
            f'but neither this package nor spandrel knows one with '
            f'parameters such as {", ".join(list(state)[:3])}: give its '
            f'config, or the work directory of its training.'
        )
    name = architecture.name
    try:
        found = architecture.load(state)
    except Exception as error:  # each architecture has its own
        raise CheckpointError(
            f'{weights.source} looks like a network of the architecture '
            f'{name}, but spandrel cannot build it '
            f'({type(error).__name__}: {_line(error)}): it is damaged, or '
            f'of a variant that spandrel does not know.'
        ) from error
    channels = found.input_channels, found.output_channels
    if found.purpose == 'Inpainting' or channels not in ((3, 3), (1, 1)):
        raise CheckpointError(
            f'Expected a network from RGB images to RGB images in '
            f'{weights.source}, but {name} is for {found.purpose} with '
            f'{channels[0]} channels in and {channels[1]} out: such networks '
            f'are not supported.'
        )
    traits = Traits(
        name,
        'sr' if found.scale > 1 else 'restore',
        found.scale,
        _size_rule(found.size_requirements),
        channels,
        origin=_origin(found),
    )
    net = ForeignNet(found.model.float(), traits, found._call_fn)
    config = {'type': _SPANDREL, 'architecture': str(architecture.id)}
    return net.requires_grad_(False).eval(), config


def _architecture(state):
    from spandrel import MAIN_REGISTRY

    for support in MAIN_REGISTRY.architectures('detection'):
        if support.detect(state):
            return support.architecture
    return None


def _size_rule(required) -> SizeRule:
    multiple = required.multiple_of
    if required.square:
        side = max(required.minimum, 256)
        return SizeRule(exactly=-(-side // multiple) * multiple)
    return SizeRule(multiple, least=max(required.minimum, 1))


def _origin(found) -> str:
    about = importlib.metadata.metadata(_SPANDREL)
    tags = f' ({", ".join(found.tags)})' if found.tags else ''
    return (
        f'{found.architecture.name}{tags}, network of spandrel '
        f'{about["Version"]} (licence {about["License"]}); the licence of '
        f'the weights is not in the file'
    )


def _line(error):
    return ' '.join(str(error).split())[:300]


FAMILY = ForeignFamily()
