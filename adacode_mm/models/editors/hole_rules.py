"""What a network is shown in holes, and how much they count in its loss."""

from torch import Tensor, nn

from adacode_mm.models.layers.hole_fill import fill_holes


class HoleRules:
    """The rules of one editor, for batches whose data samples have a `mask`.

    Args:
        generator: The network; its `hole_fill` says what it expects in
            holes. Asked here, since it may be wrapped later.
        weight: Weight of pixels in holes in the pixel loss, where others
            have 1.
    """

    def __init__(self, generator: nn.Module, weight: float = 1):
        self._fill = getattr(generator, 'hole_fill', None)
        self._weight = weight

    def filled(self, inputs: Tensor, data_samples) -> Tensor:
        """Images (B, 3, H, W) as the network expects them."""
        holes = _holes(data_samples)
        if holes is None or self._fill is None:
            return inputs
        return fill_holes(inputs, holes, self._fill)

    def filled_for_training(self, inputs: Tensor, data_samples) -> Tensor:
        """The same, of images whose holes were painted white by the data.

        They stay as they are where white is expected: strokes are blended
        into their surroundings, which a fill would undo.
        """
        if self._fill == 'white':
            return inputs
        return self.filled(inputs, data_samples)

    def pixel_weight(self, data_samples, gt: Tensor) -> tuple[Tensor, ...]:
        """Weight (B, 1, H, W) of each pixel; empty if all are equal."""
        holes = _holes(data_samples)
        if holes is None or self._weight == 1:
            return ()
        return (1 + (self._weight - 1) * holes.to(gt),)


def _holes(data_samples):
    mask = data_samples.get('mask') if data_samples is not None else None
    return None if mask is None else mask > 0
