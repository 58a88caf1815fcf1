"""What `train_cfg` and `test_cfg` of a `CodebookEditor` may say."""

from dataclasses import dataclass
from typing import Literal

from adacode_mm.models.layers.padding import RULES


@dataclass(frozen=True)
class TrainSettings:
    """How a training step is carried out.

    Args:
        disc_steps: Iterations between two steps of the generator.
        disc_repeat: Steps of the discriminator in an iteration.
        disc_init_steps: Iterations before the first step of the generator.
        ema: Keep a moving average of the generator's weights as
            `generator_ema`, which then predicts; MMagic's hook averages.
        memory_format: See `execution.memory_format_on`.
        compile: Compile the generator for the training steps.
        hole_weight: Weight of pixels in holes in the pixel loss, where others
            have 1.
        fidelity: For networks that take one, see `FidelityRules`.
    """

    disc_steps: int = 1
    disc_repeat: int = 1
    disc_init_steps: int = 0
    ema: bool = False
    memory_format: Literal['auto', 'contiguous', 'channels_last'] = 'auto'
    compile: bool = False
    hole_weight: float = 1
    fidelity: dict | None = None


@dataclass(frozen=True)
class TestSettings:
    """How whole images are predicted.

    Args:
        padding: A rule of `padded_forward`.
        fidelity: For networks that take one, see `padded_forward`.
    """

    padding: Literal[tuple(RULES)] = 'released'
    fidelity: float | None = None

    __test__ = False  # not a test, whatever pytest takes its name for
