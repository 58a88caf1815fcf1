"""Convolutions whose weights are laid out once for the machine's library.

On x86 processors, oneDNN reads weights in blocks of its own. PyTorch's layers
reorder them at every call and send matrix products and 1x1 convolutions to
another library, MKL, which takes twice as long on AMD processors.
"""

import functools
import platform

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def compute_dtype(x: Tensor) -> torch.dtype:
    """What a layer computes in: the type of `x`, unless autocast is on."""
    kind = x.device.type
    if torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind)
    return x.dtype


def shared(parameter: Tensor | None) -> nn.Parameter | None:
    """A parameter of its own over the same memory, without gradient.

    Unlike the very same object, it stays when the other one is moved to
    another device or converted.
    """
    if parameter is None:
        return None
    return nn.Parameter(parameter.detach(), requires_grad=False)


class PackedConv(nn.Conv2d):
    """`nn.Conv2d` for inference; can add its result to a tensor.

    Under `torch.autocast` it computes in the type of autocast. Weights are
    converted and laid out at the first call for each type, so whoever changes
    `weight` afterwards must make a new layer.

    Attributes:
        layout: `torch.channels_last` or `torch.contiguous_format`, of input
            and output; None to choose by device and type.
        packs: False keeps to operators that `torch.compile` understands, and
            converts weights at each call.
        dtype: Type to compute in, whatever the input and autocast say.
    """

    layout: torch.memory_format | None = None
    dtype: torch.dtype | None = None
    packs = True

    @classmethod
    def sharing(cls, conv: nn.Conv2d) -> 'PackedConv':
        """A layer with the memory of another one's parameters.

        A convolution with groups, dilation or other than zero padding is
        returned as it is.
        """
        plain = conv.groups == 1 and conv.dilation == (1, 1)
        if not plain or conv.padding_mode != 'zeros':
            return conv
        return cls.of(conv.weight, conv.bias, conv.stride, conv.padding)

    @classmethod
    def of(
        cls,
        weight: Tensor,
        bias: Tensor | None,
        stride=1,
        padding=0,
    ) -> 'PackedConv':
        """A layer over the memory of (C_out, C_in, k, k) weights."""
        own = cls(
            weight.shape[1],
            weight.shape[0],
            weight.shape[2:],
            stride,
            padding,
            bias=False,
            device='meta',
        )
        own.weight, own.bias = shared(weight), shared(bias)
        return own

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._prepared = {}

    def forward(self, x: Tensor, add_to: Tensor | None = None) -> Tensor:
        """Map (B, C_in, h, w) to (B, C_out, h', w').

        Args:
            x: Input.
            add_to: The result is added to this tensor, in place.
        """
        dtype = self.dtype or compute_dtype(x)
        layout = self._layout_for(x.device, dtype)
        x = x.to(dtype).contiguous(memory_format=layout)
        weight, bias = self._weights(x, dtype, layout)
        where = (self.padding, self.stride, self.dilation, 1)
        if not weight.is_mkldnn:
            with torch.autocast(x.device.type, enabled=False):
                y = F.conv2d(
                    x, weight, bias, self.stride, self.padding, self.dilation
                )
        elif add_to is not None and add_to.dtype == dtype:
            return torch.ops.mkldnn._convolution_pointwise_.binary(
                add_to, x, weight, bias, *where, 'add', None, None, [], None
            )
        else:
            y = torch.ops.mkldnn._convolution_pointwise(
                x, weight, bias, *where, 'none', [], None
            )
        return _added(y, add_to)

    def _weights(self, x, dtype, layout):
        if not self.packs:
            return _converted(self, dtype)
        key = (dtype, layout, x.device)
        if key not in self._prepared:
            # Only an ordinary tensor may serve all modes of autograd.
            with torch.inference_mode(False), torch.no_grad():
                weight = self.weight.to(dtype)
                if can_pack(x.device.type, dtype):
                    where = (self.padding, self.stride, self.dilation, 1)
                    weight = torch.ops.mkldnn._reorder_convolution_weight(
                        weight.contiguous(), *where, list(x.shape)
                    )
                else:
                    weight = weight.contiguous(memory_format=layout)
                bias = None if self.bias is None else self.bias.to(dtype)
                self._prepared[key] = weight, bias
        return self._prepared[key]

    def _layout_for(self, device, dtype):
        if self.layout is not None:
            return self.layout
        # GPUs gain from channels-last in half precision only.
        if device.type == 'cpu' or dtype.itemsize < 4:
            return torch.channels_last
        return torch.contiguous_format

    def _apply(self, fn, recurse=True):
        self._prepared = {}
        return super()._apply(fn, recurse)

    def __getstate__(self):
        # Packed weights can be neither copied nor pickled.
        return {**self.__dict__, '_prepared': {}}


class PackedLinear(nn.Linear):
    """`nn.Linear` for inference; can add its result to a tensor.

    See `PackedConv` for types and weights.
    """

    packs = True

    @classmethod
    def sharing(cls, linear: nn.Linear) -> 'PackedLinear':
        """A layer with the memory of another one's parameters."""
        return cls.of(linear.weight, linear.bias)

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor | None) -> 'PackedLinear':
        """A layer over the memory of (C_out, C_in) weights."""
        own = cls(*weight.shape[::-1], bias=False, device='meta')
        own.weight, own.bias = shared(weight), shared(bias)
        return own

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._prepared = {}

    def forward(
        self, x: Tensor, add_to: Tensor | None = None, gelu: bool = False
    ) -> Tensor:
        """Map rows (n, C_in) to (n, C_out); see `PackedConv`."""
        dtype = compute_dtype(x)
        x = x.to(dtype)
        weight, bias = self._weights(x, dtype)
        if weight.is_mkldnn:
            y = torch.ops.mkldnn._linear_pointwise(
                x, weight, bias, 'gelu' if gelu else 'none', [], 'none'
            )
        else:
            y = F.linear(x, weight, bias)
            y = F.gelu(y) if gelu else y
        return _added(y, add_to)

    def _weights(self, x, dtype):
        if not self.packs:
            return _converted(self, dtype)
        key = dtype, x.device
        if key not in self._prepared:
            with torch.inference_mode(False), torch.no_grad():
                weight = self.weight.to(dtype)
                if can_pack(x.device.type, dtype):
                    weight = torch.ops.mkldnn._reorder_linear_weight(
                        weight.contiguous(), len(x)
                    )
                bias = None if self.bias is None else self.bias.to(dtype)
                self._prepared[key] = weight, bias
        return self._prepared[key]

    def _apply(self, fn, recurse=True):
        self._prepared = {}
        return super()._apply(fn, recurse)

    def __getstate__(self):
        return {**self.__dict__, '_prepared': {}}


def _converted(layer, dtype):
    bias = None if layer.bias is None else layer.bias.to(dtype)
    return layer.weight.to(dtype), bias


def _added(y, add_to):
    if add_to is None:
        return y
    # In two steps: an addition of two types is slow.
    return add_to.add_(y.to(add_to.dtype))


@functools.cache
def can_pack(device: str, dtype: torch.dtype) -> bool:
    """Whether oneDNN can lay out weights of this type on this machine."""
    if device != 'cpu' or platform.machine() not in ('x86_64', 'AMD64'):
        return False
    ops = torch.ops.mkldnn
    if not (
        torch.backends.mkldnn.is_available()
        and hasattr(ops, '_reorder_convolution_weight')
        and hasattr(ops, '_convolution_pointwise_')
    ):
        return False
    if dtype == torch.bfloat16:
        return ops._is_mkldnn_bf16_supported()
    return dtype == torch.float32
