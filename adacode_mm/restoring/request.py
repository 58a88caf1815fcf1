"""One image to restore, and what is asked for."""

from typing import NamedTuple

from torch import Tensor

from .image_kinds import Item


class Request(NamedTuple):
    """One image to restore.

    Attributes:
        item: The image.
        holes: Where it has holes (H, W), bool; None if nothing is painted.
        composite: Put its known pixels into the result.
    """

    item: Item
    holes: Tensor | None
    composite: bool
