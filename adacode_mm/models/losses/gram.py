"""Distance of Gram matrices.

The style term of AdaCode, Liu et al., ICCV 2023, eq. (8); Gram matrices as in
Gatys et al., "Image style transfer using convolutional neural networks", CVPR
2016.
"""

import torch.nn.functional as F
from torch import Tensor


def gram_distance(x: Tensor, y: Tensor) -> Tensor:
    """Mean squared difference of the Gram matrices of `x` and `y`.

    The Gram matrix (C, C) of an image is divided by h * w, not by C, as in
    the released training code.

    Args:
        x: Features (B, C, h, w).
        y: Features (B, C, h', w').

    Returns:
        Scalar, the mean over B * C * C entries.
    """
    return F.mse_loss(_gram(x), _gram(y))


def _gram(x: Tensor) -> Tensor:
    x_BCn = x.flatten(2)
    # Divided before the product: a sum over pixels may overflow float16.
    return x_BCn @ (x_BCn / x_BCn.shape[2]).transpose(1, 2)
