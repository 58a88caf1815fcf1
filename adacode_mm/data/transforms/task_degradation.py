"""Low-quality image by one of several damages."""

from collections.abc import Mapping

import numpy as np

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import TRANSFORMS

from .bsrgan_degradation import BSRGANDegradation
from .degradations.restoration_tasks import TASKS


@TRANSFORMS.register_module()
class TaskDegradation(BSRGANDegradation):
    """Make the LQ image, of the same size, by one task drawn for it.

    Keys are those of :class:`BSRGANDegradation`; `task` says which one it
    was.

    Args:
        tasks: Name of each task -> its share of the images; shares are
            relative to their sum. All of `TASKS`, equally, if None.
        gt_key: Key of the image to read.
        lq_key: Key of the image to write.
        seed: As for :class:`BSRGANDegradation`.

    Raises:
        ConfigError: If a task is unknown, or no share is positive.
    """

    def __init__(
        self,
        tasks: Mapping[str, float] | None = None,
        gt_key: str = 'gt',
        lq_key: str = 'img',
        seed: int | None = None,
    ):
        super().__init__(1, gt_key=gt_key, lq_key=lq_key, seed=seed)
        self.tasks = dict(tasks or dict.fromkeys(TASKS, 1.0))
        unknown = sorted(self.tasks.keys() - TASKS.keys())
        if unknown:
            raise ConfigError(
                f'tasks must be some of {list(TASKS)}, got {unknown}.'
            )
        shares = self.tasks.values()
        if min(shares) < 0 or sum(shares) <= 0:
            raise ConfigError(
                f'The shares of tasks must not be negative, and one must be '
                f'positive, got {self.tasks}.'
            )

    def transform(self, results: dict) -> dict:
        """Add the LQ image to `results`, and the name of the task."""
        results = super().transform(results)
        results['task'] = self._task
        return results

    def _degrade(self, unit, rng):
        shares = np.array(list(self.tasks.values()), float)
        drawn = rng.choice(len(shares), p=shares / shares.sum())
        self._task = list(self.tasks)[drawn]
        return TASKS[self._task](rng)(unit, rng)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(tasks={self.tasks}, '
            f'gt_key={self.gt_key!r}, lq_key={self.lq_key!r}, '
            f'seed={self.seed})'
        )
