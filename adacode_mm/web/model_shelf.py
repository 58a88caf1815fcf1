"""Which models the page offers; those in use stay in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from adacode_mm.checkpoints.pretrained import (
    PRETRAINED,
    PretrainedFile,
)
from adacode_mm.core.exceptions import InputError
from adacode_mm.core.fetching import cached_path
from adacode_mm.restoring.restorer import Restorer

TASKS = {
    'sr': 'Super-resolution',
    'inpaint': 'Inpainting',
    'reconstruct': 'Reconstruction',
    'restore': 'Restoration',
}


class ModelChoice(NamedTuple):
    """One line of the list of models.

    Attributes:
        name: What `Restorer.from_pretrained` takes: a name or a file.
        label: What the page shows.
        task: 'sr', 'inpaint', 'reconstruct' or 'restore'.
        scale: How much larger the result is.
        fidelity: Whether it has a fidelity to choose.
    """

    name: str
    label: str
    task: str
    scale: int
    fidelity: bool = False


class ModelShelf:
    """Opens models when they are asked for and keeps the last ones.

    Args:
        open_restorer: From a name or file to a `Restorer`.
        capacity: Models in memory; the one unused for longest leaves first.
    """

    def __init__(
        self, open_restorer: Callable[[str], Restorer], capacity: int = 2
    ) -> None:
        self.choices: list[ModelChoice] = []
        self._open = open_restorer
        self._capacity = capacity
        self._opened: OrderedDict[str, Restorer] = OrderedDict()
        self._lock = threading.Lock()

    def add_named(self, names: Iterable[str]) -> None:
        """Offer models that somebody named; each is opened once.

        Args:
            names: Names in `PRETRAINED` or files.

        Raises:
            InputError: If one cannot be opened.
        """
        known = {choice.name for choice in self.choices}
        for name in names:
            if name in known:
                continue
            restorer = self.get(name, wanted=False)
            label = name if name in PRETRAINED else Path(name).name
            self.choices.append(
                ModelChoice(
                    name,
                    label,
                    restorer.task,
                    restorer.scale,
                    restorer.takes_fidelity,
                )
            )
            known.add(name)
        self._tell_labels_apart()

    def add_published(self) -> None:
        """Offer all models with a name, those of the package first.

        A download waits for its first use.
        """
        known = {choice.name for choice in self.choices}
        for name, model in PRETRAINED.items():
            if name not in known and model.task in TASKS:
                label = name if _is_here(model) else f'{name} (to download)'
                self.choices.append(
                    ModelChoice(
                        name, label, model.task, model.scale, model.fidelity
                    )
                )

    def get(self, name: str, wanted: bool = True) -> Restorer:
        """The model of a choice, from memory or newly opened.

        Args:
            name: `ModelChoice.name`.
            wanted: Whether it must be among the choices: what a page sends
                is no file that this machine should open.

        Raises:
            InputError: If it is not offered or cannot be opened.
        """
        if wanted and name not in [choice.name for choice in self.choices]:
            raise InputError(
                f'Expected one of the models on this page, got {name!r}: '
                'reload the page and choose one of its list.'
            )
        with self._lock:
            if name not in self._opened:
                while len(self._opened) >= self._capacity:
                    self._opened.popitem(last=False)
                self._opened[name] = self._open(name)
            self._opened.move_to_end(name)
            return self._opened[name]

    def tasks(self) -> list[str]:
        """Tasks that some model is for, in the order of `TASKS`."""
        offered = {choice.task for choice in self.choices}
        return [task for task in TASKS if task in offered]

    def scales(self, task: str) -> list[int]:
        """Scales that models for a task have, ascending."""
        return sorted({c.scale for c in self.choices if c.task == task})

    def fitting(self, task: str, scale: int) -> list[ModelChoice]:
        """Models for a task and scale, those named by somebody first."""
        return [
            choice
            for choice in self.choices
            if (choice.task, choice.scale) == (task, scale)
        ]

    def takes_fidelity(self, name: str | None) -> bool:
        """Whether a model has a fidelity to choose."""
        return any(c.fidelity for c in self.choices if c.name == name)

    def _tell_labels_apart(self):
        labels = [choice.label for choice in self.choices]
        for number, choice in enumerate(self.choices):
            if labels.count(choice.label) > 1:
                self.choices[number] = choice._replace(label=choice.name)


def _is_here(model: PretrainedFile) -> bool:
    if model.url is None:
        return True
    return cached_path(model.url).is_file()
