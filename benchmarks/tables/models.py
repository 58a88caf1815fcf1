"""The rows of a table, as they are named on the command line.

`[LABEL=]SPEC`, where SPEC is

- a classical baseline: `bicubic`, `telea`, ...;
- `folder:PATH`: result images of any method, `{set}` and `{scale}` in the
  path are filled in;
- `realesrgan-x4plus`, run by ncnn;
- anything else: what `Restorer.from_pretrained` takes; `@0.5` behind it is a
  fidelity.
"""

from pathlib import Path
from typing import Any

import numpy as np

from adacode_mm.checkpoints.pretrained import PRETRAINED, find_model_file
from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.evaluation.eval_images import (
    as_gray,
    image_size,
    in_color,
    read_eval_image,
    size_of_pair,
)
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.work.places import FileIdentity

from .baselines import BASELINES, Baseline
from .inputs import InputOptions, Sample
from .realesrgan import NAME as REALESRGAN
from .realesrgan import RealESRGAN
from .sets import EvalSet, by_name

FOLDER = 'folder:'
FIDELITY = '@'


class ResultFolder(Baseline):
    """A folder of images, matched with a set's by name without suffix."""

    kind = 'folder'

    def _of(self, set_name):
        path = self.source.replace('{set}', set_name)
        return by_name(Path(path.replace('{scale}', str(self.options.scale))))

    def check(self, sets: list[EvalSet]) -> None:
        """An image of the right size for each of the sets."""
        scale = self.options.scale
        for each in sets:
            there = self._of(each.name)
            lost = [x.name for x in each.images if x.name not in there]
            if lost:
                raise InputError(
                    f'{self.source} must have a result for each image of '
                    f'{each.name}, but {len(lost)} are missing: '
                    f'{", ".join(lost[:3])}.'
                )
            for image in each.images:
                sides = image_size(image.truth)
                size = tuple(side // scale * scale for side in sides)
                found = read_eval_image(there[image.name]).shape[:2]
                if found != size:
                    raise InputError(
                        f'{there[image.name]} must be as large as the ground '
                        f'truth, {size_of_pair(size)}, got '
                        f'{size_of_pair(found)}.'
                    )

    def restore(self, sample: Sample) -> np.ndarray:
        """See `Baseline`; read, not computed."""
        image = read_eval_image(self._of(sample.set_name)[sample.name])
        if sample.truth.ndim == 2:
            # A method that writes colour has seen the grey image as such.
            return image if image.ndim == 2 else as_gray(image)
        return in_color(image)


class Network(Baseline):
    """A network, run as `adacode sr` and its kin do."""

    kind = 'network'

    def __init__(
        self, label, source, options, restorer_options, fidelity=None
    ):
        super().__init__(label, source, options)
        self._options = dict(restorer_options)
        if fidelity is not None:
            self._options['fidelity'] = fidelity
        if options.task != 'inpaint':
            self._options.pop('composite', None)
        self._restorer: Restorer | None = None

    def check(self, sets: list[EvalSet]) -> None:
        """Open it, and compare its task and scale with the table's."""
        file = find_model_file(self.source)
        self.open()
        restorer, wanted = self._restorer, self.options
        if (restorer.task, restorer.scale) != (wanted.task, wanted.scale):
            raise InputError(
                f'{self.label} must be a model for {wanted.task} '
                f'x{wanted.scale}, but {file} is for {restorer.task} '
                f'x{restorer.scale}.'
            )
        parameters = sum(each.numel() for each in restorer.net.parameters())
        config = getattr(restorer.info, 'config', None) or {}
        books = config.get('quantizers', [])
        options = {k: str(v) for k, v in self._options.items()}
        options.pop('device', None)
        self.facts |= {
            'sha256': FileIdentity.of(file).sha256,
            'architecture': restorer.info.architecture,
            'codebooks': [each['num_embeddings'] for each in books],
            'million_parameters': round(parameters / 1e6, 3),
            'options': options,
            'device': restorer.device.type,
        }
        self._restorer = None

    def open(self) -> None:
        """See `Baseline`."""
        if self._restorer is None:
            self._restorer = Restorer.from_pretrained(
                self.source, **self._options
            )

    def restore(self, sample: Sample) -> np.ndarray:
        """See `Baseline`."""
        return self._restorer(sample.input, sample.mask)


def parse_model(
    text: str, options: InputOptions, restorer_options: dict[str, Any]
) -> Baseline:
    """The model that `[LABEL=]SPEC` names.

    Raises:
        InputError: If it is none of what the module's description lists.
    """
    label, given, spec = text.partition('=')
    if not given or '/' in label or ':' in label:
        label, spec = '', text
    baselines = BASELINES[options.task]
    if spec in baselines:
        return Baseline(label or spec, spec, options)
    if spec.startswith(FOLDER):
        folder = spec.removeprefix(FOLDER)
        return ResultFolder(label or Path(folder).name, folder, options)
    if spec == REALESRGAN and options.task == 'sr':
        return RealESRGAN(label or spec, spec, options)
    source, fidelity = _with_fidelity(spec)
    if source not in PRETRAINED and not Path(source).expanduser().exists():
        raise CheckpointError(
            f'A model must be a baseline ({", ".join(baselines) or "none"}), '
            f'a published name ({", ".join(PRETRAINED)}), a file of weights '
            f'or folder:PATH, got {spec!r}: check the path.'
        )
    label = label or (spec if source in PRETRAINED else Path(spec).stem)
    return Network(label, source, options, restorer_options, fidelity)


def _with_fidelity(spec):
    source, given, number = spec.rpartition(FIDELITY)
    if not given or Path(spec).exists():
        return spec, None
    try:
        return source, float(number)
    except ValueError:
        return spec, None
