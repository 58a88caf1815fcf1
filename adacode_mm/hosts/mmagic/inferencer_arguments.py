"""What MMagic 1.2's inferencer does with a picture for one of our models.

Left to itself it would end in a traceback of NumPy or OpenCV where a file is
missing, no picture, or of another size, leave out a mask without a word, read
16 bits as noise, and change what is known around a hole. Here pictures and
masks are read, and results finished, as `Restorer` does. Models of MMagic are
left alone.
"""

import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from adacode_mm.core.exceptions import InputError

logger = logging.getLogger(__name__)

_IMAGES = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp')


def apply() -> None:
    """Read and check arguments first; a second call does nothing."""
    from mmagic.apis.mmagic_inferencer import MMagicInferencer

    original = MMagicInferencer.infer
    if getattr(original, 'checks_arguments', False):
        return

    @functools.wraps(original)
    def infer(self, img=None, *args, **kwargs):
        model = getattr(self.inferencer.inferencer, 'model', None)
        if not type(model).__module__.startswith('adacode_mm.'):
            return original(self, img, *args, **kwargs)
        names = ('video', 'label', 'trimap', 'mask', 'result_out_dir')
        kwargs.update(zip(names, args, strict=False))
        request = _request(self.inferencer, img, kwargs.get('mask'))
        _check_result(kwargs.get('result_out_dir'))
        with _restoring(self.inferencer.inferencer, request):
            return original(self, img, **kwargs)

    infer.checks_arguments = True
    MMagicInferencer.infer = infer
    logger.info('MMagicInferencer.infer reads pictures for our models')


@contextmanager
def _restoring(inferencer, request) -> Iterator[None]:
    """Let an inferencer restore what was read, in the place of its files."""
    from mmagic.structures import DataSample

    from adacode_mm.restoring.network_pass import finished, shown_colors

    forward = inferencer.forward

    def preprocess(**_):
        sample = DataSample()
        image = shown_colors(request.item, request.item.rgb.device) * 255
        if request.holes is not None:
            sample.set_data({'mask': request.holes[None].to(image)})
            image = image.masked_fill(request.holes, 255 / 2)  # as MMagic
        sample.set_metainfo(
            {'img_channel_order': 'rgb', 'img_color_type': 'color'}
        )
        return {'inputs': [image], 'data_samples': [sample]}

    def finished_forward(data):
        predictions = forward(data)
        output = predictions[0].output
        image = (output.pred_img.float() / 255).clamp(0, 1).flip(0)  # BGR
        output.pred_img = finished(request, image).flip(0) * 255
        return predictions

    inferencer.preprocess, inferencer.forward = preprocess, finished_forward
    try:
        yield
    finally:
        del inferencer.preprocess, inferencer.forward


def _request(inferencers, img, mask):
    """What is asked for, in the terms of `Restorer`."""
    from adacode_mm.images.read_picture import picture_of
    from adacode_mm.restoring.hole_masks import holes_of, opaque_pixels
    from adacode_mm.restoring.image_kinds import as_item
    from adacode_mm.restoring.request import Request

    item = as_item(picture_of(_decoded(img, 'img')))
    inpaints = 'mask' in inferencers.inferencer.func_kwargs['preprocess']
    if not inpaints:
        if mask is not None:
            raise InputError(
                f'Only inpainting takes a mask, but the task of this model '
                f'is {inferencers.task!r}: leave mask out, or take the '
                f'inpainting setting of "adacode".'
            )
        return Request(item, None, False)
    if mask is None:
        raise InputError(
            'Inpainting needs a mask: pass mask=PATH, white where the image '
            'should be filled.'
        )
    values = opaque_pixels(_decoded(mask, 'mask'))
    return Request(item, holes_of(values, *item.rgb.shape[1:]), True)


def _decoded(path, name):
    """What is in a file, wherever MMEngine finds it."""
    from mmengine import fileio

    from adacode_mm.images.decode_file import decode_file

    if not isinstance(path, str | os.PathLike):
        raise InputError(
            f'{name} must be the path of one picture, got '
            f'{type(path).__name__}: MMagicInferencer takes one file at a '
            f'time.'
        )
    try:
        return decode_file(fileio.get(os.fspath(path)))
    except (OSError, InputError) as error:
        reason = getattr(error, 'strerror', None) or str(error)
        raise InputError(
            f'{name} must be a picture that can be read, but '
            f'{os.fspath(path)!r} cannot: {reason.rstrip(".")}.'
        ) from error


def _check_result(path):
    if not path:
        return
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if os.path.isdir(path) or suffix not in _IMAGES:
        raise ValueError(
            f'result_out_dir must be the path of a file that ends in one of '
            f'{", ".join(_IMAGES)}, got {os.fspath(path)!r}: MMagicInferencer '
            f'writes one picture there.'
        )
    folder = os.path.dirname(path) or os.curdir
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise _no_place(folder, error.strerror) from error
    # OpenCV only logs that it could not write.
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _no_place(folder, 'Permission denied')


def _no_place(folder, reason):
    return ValueError(
        f'result_out_dir must be in a folder that can be written, but '
        f'{os.fspath(folder)!r} cannot ({reason}): choose another one.'
    )
