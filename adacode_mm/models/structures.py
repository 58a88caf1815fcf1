"""What passes between networks, losses, editors and hooks."""

from typing import NamedTuple

from torch import Tensor


class Quantized(NamedTuple):
    """Result of quantizing a feature map with one codebook.

    Attributes:
        st: Straight-through features (B, C, h, w): the values of `codes`,
            the gradient of the features that were quantized.
        codes: Selected codes (B, C, h, w). The gradient reaches the codebook
            only through these.
        indices: Index of each selected code (B, h, w), int64.
    """

    st: Tensor
    codes: Tensor
    indices: Tensor


class CodebookOutput(NamedTuple):
    """What every codebook network returns; h = H / 8 in the released models.

    Attributes:
        image: Restored image (B, 3, H, W), nominal range [0, 1], not clipped.
            None when the network was asked to stop before its decoder.
        feat: Encoder feature before the projections (B, C, h, w).
        pre_quant: One projected feature (B, C_k, h, w) per codebook.
        quantized: One `Quantized` per codebook.
        mixed: What the decoder receives (B, C, h, w).
        weight: Weight map (B, K, h, w); None with a single codebook.
        semantic: Output (B, C_s, h, w) of the training-only semantic head,
            None in networks without one.

    A network without codes gives `image` alone: `feat` and `mixed` are None,
    and the lists are empty.
    """

    image: Tensor | None
    feat: Tensor | None
    pre_quant: list[Tensor]
    quantized: list[Quantized]
    mixed: Tensor | None
    weight: Tensor | None = None
    semantic: Tensor | None = None


def as_output(output: Tensor | CodebookOutput) -> CodebookOutput:
    """An output of any network; of one without codes the image alone.

    Args:
        output: An image, a `CodebookOutput`, or what has an `image`.
    """
    if isinstance(output, CodebookOutput):
        return output
    image = output if isinstance(output, Tensor) else output.image
    return CodebookOutput(image, None, [], [], None)
