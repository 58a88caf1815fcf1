"""A stack of residual Swin transformer blocks (RSTB) on B, C, h, w features.

Liang et al., "SwinIR: Image restoration using Swin transformer", ICCV
Workshops 2021, section 3.2. The blocks are MMagic's; AdaCode stacks them
without outer skip, closing convolution or final normalisation.
"""

import warnings

import torch
from mmagic.models.editors.swinir.swinir_rstb import RSTB
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError

from .pixel_linear import PixelLinear

# The masks of the shifted windows are first made for this many windows a
# side, the latent grid of the paper's training.
_MASK_GRID = 4


class SwinLayers(nn.Module):
    """`num_layers` RSTBs in sequence.

    Args:
        channels: Channels of input and output.
        num_layers: Number of RSTBs.
        depth: Swin blocks in each; every second one has shifted windows.
        num_heads: Heads of the attention.
        window_size: Side of the attention windows in latent pixels.
        mlp_ratio: Hidden width of the MLPs as a multiple of `channels`.
    """

    def __init__(
        self,
        channels: int = 256,
        num_layers: int = 4,
        depth: int = 6,
        num_heads: int = 8,
        window_size: int = 8,
        mlp_ratio: float = 4.0,
    ):
        super().__init__()
        self.window_size = window_size
        grid = (_MASK_GRID * window_size,) * 2
        with warnings.catch_warnings():
            # MMagic leaves out an argument that PyTorch will want some day.
            warnings.filterwarnings('ignore', 'torch.meshgrid')
            self.layers = nn.ModuleList(
                RSTB(
                    dim=channels,
                    input_resolution=grid,
                    depth=depth,
                    num_heads=num_heads,
                    window_size=window_size,
                    mlp_ratio=mlp_ratio,
                    img_size=grid,
                    patch_size=1,
                )
                for _ in range(num_layers)
            )
        self._keep_computed_buffers_out_of_checkpoints()
        for block in self._blocks():
            for parent in (block.attn, block.mlp):
                for name, child in parent.named_children():
                    if isinstance(child, nn.Linear):
                        setattr(parent, name, PixelLinear.sharing(child))

    def _blocks(self):
        return (
            block
            for layer in self.layers
            for block in layer.residual_group.blocks
        )

    def _keep_computed_buffers_out_of_checkpoints(self):
        for module in self.modules():
            for name in ('attn_mask', 'relative_position_index'):
                if getattr(module, name, None) is not None:
                    module.register_buffer(
                        name, getattr(module, name), persistent=False
                    )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w).

        Raises:
            InputError: If h or w is no multiple of the window size.
        """
        _, c, h, w = x.shape
        if h % self.window_size or w % self.window_size:
            raise InputError(
                f'The latent grid must be a multiple of the attention window '
                f'({self.window_size}), got {h}x{w}: pad the image first, '
                f'for example with models.layers.padding.padded_forward.'
            )
        self._fit_masks((h, w), x.device)
        y = x.flatten(2).transpose(1, 2)
        for layer in self.layers:
            y = layer(y, (h, w))
        return y.transpose(1, 2).reshape(-1, c, h, w)

    def _fit_masks(self, grid, device):
        """Make the masks of another grid, once for all blocks.

        MMagic's blocks would make them anew on the CPU, each and at each
        call, even for windows that are not shifted.
        """
        mask = None
        for block in self._blocks():
            if block.input_resolution == grid:
                return
            block.input_resolution = grid
            if block.shift_size > 0:
                if mask is None:
                    # A mask made in inference mode could not be trained with.
                    with torch.inference_mode(False):
                        mask = block.calculate_mask(grid).to(device)
                block.attn_mask = mask
