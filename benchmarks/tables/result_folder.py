"""Result images of a method that is not run here."""

import hashlib
from pathlib import Path

import numpy as np

from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import (
    as_gray,
    image_size,
    in_color,
    read_eval_image,
    size_of,
)

from .degraded_inputs import Sample
from .eval_sets import EvalSet, by_name, first
from .table_model import TableModel


class ResultFolder(TableModel):
    """A folder of images, matched with a set's by name without suffix."""

    kind = 'folder'

    def folder_of(self, set_name: str) -> Path:
        """Where the results of a set are."""
        places = {'set': set_name, 'scale': self.options.scale}
        path = self.source
        for name, value in places.items():
            path = path.replace(f'{{{name}}}', str(value))
        return Path(path)

    def check_set(self, eval_set: EvalSet) -> None:
        """Whether there is an image of the right size for each of a set.

        Raises:
            InputError: If one is missing, unreadable, or of another size,
                which would compare pixels that do not belong together.
        """
        folder = self.folder_of(eval_set.name)
        if not folder.is_dir():
            raise InputError(
                f'{self.label} must have results of {eval_set.name} in '
                f'{folder}, but there is no such folder: "{{set}}" in the '
                f'path stands for the name of the set.'
            )
        there = by_name(folder)
        names = [each.name for each in eval_set.images]
        lost = [name for name in names if name not in there]
        if lost:
            raise InputError(
                f'{self.label} must have a result in {folder} for each of '
                f'the {len(names)} images of {eval_set.name}, but '
                f'{len(lost)} are missing: {first(lost)}.'
            )
        unfit = []
        for image in eval_set.images:
            height, width = (
                side // self.options.scale * self.options.scale
                for side in image_size(image.truth)
            )
            result = read_eval_image(there[image.name])
            if result.shape[:2] != (height, width):
                unfit.append(
                    f'{image.name} is {size_of(result)}, not {width}x{height}'
                )
        if unfit:
            raise InputError(
                f'The results of {self.label} in {folder} must be as large '
                f'as the ground truth of {eval_set.name}, cut to a multiple '
                f'of {self.options.scale}, but {first(unfit)}: they cannot '
                f'be compared pixel by pixel.'
            )

    def file_of(self, sample: Sample) -> Path:
        """The result for a sample."""
        return by_name(self.folder_of(sample.set_name))[sample.name]

    def content_key(self, sample: Sample) -> str:
        """Hash of the result's file."""
        content = self.file_of(sample).read_bytes()
        return hashlib.sha256(content).hexdigest()

    def restore(self, sample: Sample) -> np.ndarray:
        """See `TableModel`; read, not computed."""
        image = read_eval_image(self.file_of(sample))
        if sample.truth.ndim == 2:
            # A method that writes colour has seen the grey image as such.
            return image if image.ndim == 2 else as_gray(image)
        return in_color(image)
