"""What MMagic 1.2's inferencer is given for one of our models.

It would end in a traceback of NumPy or OpenCV where a file is missing, no
picture, or of another size, and would leave out a mask without a word. Here
it says what is wrong in one sentence. Models of MMagic are left alone.
"""

import functools
import logging
import os

logger = logging.getLogger(__name__)

_IMAGES = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp')


def apply() -> None:
    """Check arguments first; a second call does nothing."""
    from mmagic.apis.mmagic_inferencer import MMagicInferencer

    original = MMagicInferencer.infer
    if getattr(original, 'checks_arguments', False):
        return

    @functools.wraps(original)
    def infer(self, img=None, *args, **kwargs):
        model = getattr(self.inferencer.inferencer, 'model', None)
        if type(model).__module__.startswith('adacode_mm.'):
            img = _checked_path(img, 'img')
            names = ('video', 'label', 'trimap', 'mask', 'result_out_dir')
            kwargs.update(zip(names, args, strict=False))
            args = ()
            _check_mask(self.inferencer, img, kwargs)
            _check_result(kwargs.get('result_out_dir'))
        return original(self, img, *args, **kwargs)

    infer.checks_arguments = True
    MMagicInferencer.infer = infer
    logger.info('MMagicInferencer.infer checks what our models are given')


def _checked_path(path, name):
    """A path as text; the picture there can be read."""
    if not isinstance(path, str | os.PathLike):
        raise ValueError(
            f'{name} must be the path of one picture, got '
            f'{type(path).__name__}: MMagicInferencer takes one file at a '
            f'time.'
        )
    path = os.fspath(path)
    if '://' not in path:
        _size(path, name, turned=False)
    return path


def _size(path, name, turned):
    """Width and height; `turned` as the picture's EXIF data says."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            picture.load()
            return (
                ImageOps.exif_transpose(picture).size
                if turned
                else (picture.size)
            )
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(
            f'{name} must be a picture that can be read, but {path!r} cannot '
            f'({type(error).__name__}): check the path and the file.'
        ) from error


def _check_mask(inferencers, img, kwargs):
    inpaints = 'mask' in inferencers.inferencer.func_kwargs['preprocess']
    mask = kwargs.get('mask')
    if not inpaints and mask is not None:
        raise ValueError(
            f'Only inpainting takes a mask, but the task of this model is '
            f'{inferencers.task!r}: leave mask out, or take the inpainting '
            f'setting of "adacode".'
        )
    if not inpaints:
        return
    if mask is None:
        raise ValueError(
            'Inpainting needs mask, the path of a picture that is not black '
            'where img is to be filled, but it was not given: pass mask=PATH.'
        )
    kwargs['mask'] = mask = _checked_path(mask, 'mask')
    if '://' in img or '://' in mask:
        return
    expected, found = _size(img, 'img', True), _size(mask, 'mask', False)
    if expected != found:
        raise ValueError(
            f'mask must have the size of img, {expected[0]}x{expected[1]} '
            f'pixels, but {mask!r} has {found[0]}x{found[1]}: resize it '
            f'without smoothing.'
        )


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
