"""The whole pass of a network in bounded memory."""

from collections.abc import Callable

from torch import Tensor

from adacode_mm.models.layers.padding import padded_shape
from adacode_mm.models.structures import CodebookOutput

from .layer_by_layer import decode, encode, latent_cost, mix
from .passes import Limits, Passes, Plan
from .rows import MirroredRows, Rows, TensorRows


def plan_passes(net, height: int, width: int, memory: int) -> tuple[Plan, int]:
    """Plan the passes for a padded image.

    Args:
        net: The network.
        height: Of the padded image.
        width: Likewise.
        memory: Bytes for maps that are kept between layers.

    Returns:
        The plan and the rows of the latent grid.
    """
    plan = Plan(memory)
    image = Rows((3, height, width), 0, 0)
    latent = encode(net, image, plan)
    plan.skip(latent_cost(net, latent.height * latent.width), '')
    plan.free(latent)
    mixed = Rows((net.decoder.in_channels, *latent.shape[1:]), 0, 0)
    decode(net, Rows(latent.shape, 0, 0), mixed, plan, image=image)
    return plan, latent.height


def exact_forward(
    net,
    image: Tensor,
    rule: str,
    limits: Limits,
    progress: Callable[[float, str], None] | None = None,
    fidelity: float | None = None,
) -> CodebookOutput:
    """The same numbers as `padded_forward`, in bounded memory.

    Args:
        net: Network with the structure of `CodebookNet`.
        image: One image (1, 3, H, W).
        rule: Padding rule.
        limits: What may be used.
        progress: Called with the fraction that is done and what is going on.
        fidelity: As for `CodebookNet.forward`.

    Returns:
        Output without `pre_quant`, `st`, `codes` and `semantic`.

    Raises:
        InputError: If the image is no batch of one, the rule unknown, the
            latent grid does not fit the attention windows, or the network
            takes no fidelity.
        OutputError: If there is no room for temporary files.
    """
    net.check_fidelity(fidelity)
    image = net.with_marks(image)
    size = padded_shape(net, tuple(image.shape), rule)[2:]
    plan, latent_height = plan_passes(net, *size, limits.maps)
    device = image.device
    with Passes(plan, limits, latent_height, device, progress) as passes:
        padded = MirroredRows(image, *size)
        latent = encode(net, padded, passes)
        out = mix(net, latent, passes)
        canvas = _Canvas(*(n * net.scale for n in image.shape[2:]))
        decode(
            net,
            TensorRows(out.feat),
            TensorRows(out.mixed),
            passes,
            canvas.take,
            padded,
            fidelity,
        )
    return out._replace(image=canvas.image)


class _Canvas:
    """Puts strips of an image together, cropped on their way."""

    def __init__(self, height, width):
        self.height, self.width = height, width
        self.image = None

    def take(self, first, strip):
        if self.image is None:
            self.image = strip.new_empty(1, 3, self.height, self.width)
        strip = strip[:, :, : max(self.height - first, 0), : self.width]
        self.image[:, :, first : first + strip.shape[2]] = strip
