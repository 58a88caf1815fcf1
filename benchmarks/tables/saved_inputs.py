"""What the models get as files, for methods that are run elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.work.report import ProgressBar

from .degraded_inputs import InputOptions, Sample, read_sample
from .eval_sets import EvalSet
from .restored_images import file_name, png


def save_inputs(
    folder: Path,
    sets: Sequence[EvalSet],
    options: InputOptions,
    bar: ProgressBar,
) -> None:
    """Write the inputs of a table as PNG, named as the ground truth.

    `<set>/LR_x4/*` for super-resolution; `<set>/masks/*`, white in holes, and
    `<set>/holes/*`, the images with white holes, for inpainting. These are
    the folders that `given` inputs are looked for in, too.

    Args:
        folder: Where to.
        sets: Of the table.
        options: How inputs are made.
        bar: Told about each image.

    Raises:
        InputError: If an image cannot be used.
        OutputError: If one cannot be written.
    """
    for each in sets:
        for image in each.images:
            sample = read_sample(each.name, image, options)
            for kind, pixels in _pictures(sample, options).items():
                place = folder / file_name(each.name) / kind
                with writing(place):
                    place.mkdir(parents=True, exist_ok=True)
                write_atomically(place / f'{image.name}.png', png(pixels))
            bar.computed(1)


def _pictures(sample: Sample, options) -> dict[str, np.ndarray]:
    if sample.mask is not None:
        return {'holes': sample.input, 'masks': np.uint8(sample.mask) * 255}
    if options.task == 'sr':
        return {f'LR_x{options.scale}': sample.input}
    return {'HR': sample.input}
