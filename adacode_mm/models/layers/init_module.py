"""Modules that MMEngine initialises, without importing MMEngine's models."""

import copy

from torch import nn


class InitModule(nn.Module):
    """A module with MMEngine's `init_cfg` and `init_weights`.

    Importing `mmengine.model` takes seconds, and restoring needs nothing of
    it: weights come from a file. It is imported when weights are initialised.

    Args:
        init_cfg: Initialisation, as for `mmengine.model.BaseModule`.
    """

    def __init__(self, init_cfg: dict | list[dict] | None = None):
        super().__init__()
        self.init_cfg = copy.deepcopy(init_cfg)
        self._is_init = False

    @property
    def is_init(self) -> bool:
        return self._is_init

    def init_weights(self) -> None:
        """Initialise this module, then its children, as MMEngine does."""
        from mmengine.model import BaseModule

        BaseModule.init_weights(self)

    def _dump_init_info(self):
        from mmengine.model import BaseModule

        BaseModule._dump_init_info(self)
