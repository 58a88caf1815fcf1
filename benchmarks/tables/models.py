"""The rows of a table, as they are named on the command line.

`[LABEL=]SPEC`, where SPEC is

- a classical baseline: `bicubic`, `telea`, ...;
- `folder:PATH`: result images of any method, `{set}` and `{scale}` in the
  path are filled in;
- anything else: what `Restorer.from_pretrained` takes.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from adacode_mm.checkpoints.pretrained import PRETRAINED, find_model_file
from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.evaluation.eval_images import (
    as_gray,
    image_size,
    in_color,
    read_eval_image,
    size_of_pair,
)
from adacode_mm.models.layers.hole_fill import harmonic_fill
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.version import __version__
from adacode_mm.work.places import FileIdentity

from .inputs import InputOptions, Sample, bicubic
from .sets import EvalSet, by_name

RADIUS = 3  # of OpenCV's inpainting, in pixels
FOLDER = 'folder:'


def _nearest(sample):
    size = sample.truth.shape[1::-1]
    return cv2.resize(sample.input, size, interpolation=cv2.INTER_NEAREST)


def _mean(sample):
    """Mean colour of the known pixels; white if there are none."""
    filled, known = sample.input.copy(), sample.input[~sample.mask]
    if len(known):
        filled[sample.mask] = np.rint(known.mean(0)).astype(np.uint8)
    return filled


def _opencv(sample, method):
    holes = np.uint8(sample.mask)
    image = np.ascontiguousarray(sample.input)
    return cv2.inpaint(image, holes, RADIUS, method)


def _harmonic(sample):
    """Laplace's equation: what networks with this `hole_fill` start from."""
    known = sample.input.reshape(*sample.mask.shape, -1).transpose(2, 0, 1)
    known = torch.from_numpy(known[None].astype(np.float32))
    filled = harmonic_fill(known, torch.from_numpy(sample.mask[None, None]))
    filled = filled[0].permute(1, 2, 0).numpy().round().astype(np.uint8)
    return filled.reshape(sample.input.shape)


# Task -> name -> image from sample. Telea, "An image inpainting technique
# ...", 2004, and Bertalmio et al., CVPR 2001, are OpenCV's.
BASELINES = {
    'sr': {
        'bicubic': lambda x: bicubic(x.input, *x.truth.shape[:2]),
        'nearest': _nearest,
    },
    'inpaint': {
        'white': lambda sample: sample.input,
        'mean': _mean,
        'telea': lambda sample: _opencv(sample, cv2.INPAINT_TELEA),
        'navier-stokes': lambda sample: _opencv(sample, cv2.INPAINT_NS),
        'harmonic': _harmonic,
    },
    'reconstruct': {},
}


class Baseline:
    """A classical method; and what every row of a table can do.

    Attributes:
        label: Name of the row.
        facts: What it is; equal for equal results.
    """

    kind = 'baseline'

    def __init__(self, label: str, source: str, options: InputOptions):
        self.label = label
        self.source = source
        self.options = options
        self.facts: dict[str, Any] = {'kind': self.kind, 'source': source}

    def check(self, sets: list[EvalSet]) -> None:
        """Whether it can be run at all, before anything is computed.

        Raises:
            InputError: If not.
        """

    def open(self) -> None:
        """Load what `restore` needs, which is not counted as its time."""

    def restore(self, sample: Sample) -> np.ndarray:
        """uint8 image as large as the truth, RGB, grey for a grey one."""
        return BASELINES[self.options.task][self.source](sample)

    def key(self, sample: Sample) -> str:
        """Changes with whatever changes the result for a sample."""
        facts = {**self.facts, 'version': __version__}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        for part in (sample.truth, sample.input, sample.mask):
            if part is not None:
                digest.update(f'{part.shape}'.encode())
                digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()[:16]


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

    def __init__(self, label, source, options, restorer_options):
        super().__init__(label, source, options)
        self._options = dict(restorer_options)
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
    if spec not in PRETRAINED and not Path(spec).expanduser().exists():
        raise CheckpointError(
            f'A model must be a baseline ({", ".join(baselines) or "none"}), '
            f'a published name ({", ".join(PRETRAINED)}), a file of weights '
            f'or folder:PATH, got {spec!r}: check the path.'
        )
    label = label or (spec if spec in PRETRAINED else Path(spec).stem)
    return Network(label, spec, options, restorer_options)
