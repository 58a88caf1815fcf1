"""A codebook network as it is run, not as it is trained."""

import copy

import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.codebook_net import CodebookNet
from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.layers.res_block import ResBlock
from adacode_mm.models.layers.scale_blocks import DownBlock, UpBlock
from adacode_mm.models.layers.swin_layers import SwinLayers
from adacode_mm.models.structures import CodebookOutput, Quantized

from .code_tables import CodeTables, NearestCodes
from .fast_blocks import FastDownBlock, FastResBlock, FastUpBlock
from .fused_swin import FusedSwinLayers
from .packed_layers import PackedConv, shared

_FASTER = {
    DownBlock: FastDownBlock,
    ResBlock: FastResBlock,
    UpBlock: FastUpBlock,
    SwinLayers: FusedSwinLayers,
    nn.Conv2d: PackedConv.sharing,
}


class AcceleratedNet(CodebookNet):
    """What `accelerate` makes of a `CodebookNet`.

    Its `CodebookOutput` has no `pre_quant` and no `semantic`, and the
    `Quantized` in it have only `indices`.

    Args:
        net: The network; its parameters are shared.
    """

    def __init__(self, net: CodebookNet):
        InitModule.__init__(self)
        own = _copy_sharing(net)
        self.encoder = _faster(own.encoder)
        self.decoder = _faster(own.decoder)
        self.weight_predictor = own.weight_predictor
        if self.weight_predictor is not None:
            self.weight_predictor = _faster(own.weight_predictor)
            head = getattr(self.weight_predictor, 'head', None)
            if isinstance(head, PackedConv):
                # The map multiplies everything that follows.
                head.dtype = torch.float32
        self.quantizers = own.quantizers
        self.post_quants = _faster(own.post_quants)
        self.scale, self.hole_fill = own.scale, own.hole_fill
        self.semantic_head = None
        self.nearest = NearestCodes(net)
        self.tables = CodeTables(net)
        self.eval()

    @torch.no_grad()
    def forward(
        self,
        image: Tensor,
        decode: bool = True,
        fidelity: float | Tensor | None = None,
    ) -> CodebookOutput:
        """As `CodebookNet.forward`, without gradients.

        Raises:
            InputError: If a gradient for the image is asked for.
        """
        if image.requires_grad:
            raise InputError(
                'An accelerated network gives no gradients, but the image '
                'has requires_grad=True: use the network that it was made of.'
            )
        return super().forward(image, decode, fidelity)

    def train(self, mode: bool = True) -> 'AcceleratedNet':
        """Stays in evaluation mode."""
        return super().train(False)

    def _apply(self, fn, recurse=True):
        if fn(torch.zeros(1)).dtype != torch.float32:
            raise InputError(
                'An accelerated network keeps its parameters in float32, got '
                'a conversion to another type: run it under torch.autocast.'
            )
        return super()._apply(fn, recurse)

    @torch.no_grad()
    def mix(self, feat: Tensor) -> CodebookOutput:
        """Everything between encoder and decoder; see `CodebookNet.mix`."""
        weight = None
        if self.weight_predictor is not None:
            weight = self.weight_predictor(feat)
        with torch.autocast(feat.device.type, enabled=False):
            grid = feat.permute(0, 2, 3, 1).float().contiguous()
            rows = self.nearest(grid.flatten(0, 2))
            indices = [each.view(grid.shape[:3]) for each in rows]
            mixed = self.tables(indices, weight)
        quantized = [Quantized(None, None, index) for index in indices]
        return CodebookOutput(None, feat, [], quantized, mixed, weight)


def _copy_sharing(net):
    """A copy of the modules over the same parameters and buffers."""
    memo = {id(p): shared(p) for p in net.parameters()}
    memo |= {id(b): b for b in net.buffers()}
    return copy.deepcopy(net, memo).requires_grad_(False).eval()


def _faster(module):
    """Replace the layers for which there is a faster one."""
    for kind, make in _FASTER.items():
        if type(module) is kind:
            return make(module)
    for name, child in module.named_children():
        setattr(module, name, _faster(child))
    return module
