"""How long degrading takes: CPU time of a sample, samples a second."""

import os
import tempfile
import time
from pathlib import Path

import cv2
import mmcv
import numpy as np
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from tqdm import tqdm

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.transforms.degradations.timing import table_of, time_steps

from .records import append_record, run_record

PATCH_SIZE = 512
NUM_PATCHES = 16
WARM_UP_BATCHES = 4


def benchmark_degradation(
    images: str,
    scale: int = 4,
    size: int = 256,
    num_samples: int = 300,
    chain: str = 'bsrgan',
    against_reference: bool = False,
    json_file: str | None = None,
) -> dict:
    """Measure the steps on one core and print a table.

    Args:
        images: Folder of images.
        scale: Downsampling factor.
        size: Side of the image to degrade, a multiple of `scale`.
        num_samples: How many images to degrade.
        chain: 'bsrgan' or 'bsrgan_plus'.
        against_reference: Measure the steps as the release does them, too.
        json_file: JSON file that the result is added to.

    Returns:
        What `degradations/timing.py` measured, and the arguments.

    Raises:
        InputError: If an argument cannot be used.
    """
    if size < scale or size % scale:
        raise InputError(
            f'size must be a multiple of scale ({scale}), got {size}.'
        )
    if num_samples < 1:
        raise InputError(
            f'num_samples must be at least one sample, got {num_samples}.'
        )
    patches = [
        image.astype(np.float32) / 255 for image in load_patches(images, size)
    ]
    result = {
        **run_record(config=None, seed=0, device='cpu'),
        'chain': chain,
        'scale': scale,
        'size': size,
        'samples': num_samples,
        **time_steps(patches, scale, num_samples, chain, against_reference),
    }
    print(f'{chain} x{scale}, {size}x{size} px, {num_samples} samples')
    print(table_of(result))
    if json_file is not None:
        append_record(json_file, result)
    return result


def benchmark_loader(
    images: str,
    config: str,
    workers: int = 2,
    num_batches: int = 40,
    json_file: str | None = None,
) -> dict:
    """Measure how fast the training data loader of a config delivers.

    Args:
        images: Folder of images, from which 512 px patches are made.
        config: Path of a config whose samples are made from `gt` alone.
        workers: Number of worker processes.
        num_batches: How many batches to wait for, after a few others.
        json_file: JSON file that the result is added to.

    Returns:
        `samples_per_s` by the clock, `cpu_ms_per_sample` of the whole
        pipeline in this process, and the arguments.

    Raises:
        InputError: If the folder has no readable image.
    """
    cfg = Config.fromfile(config).train_dataloader
    patches = load_patches(images, PATCH_SIZE)
    with (
        tempfile.TemporaryDirectory() as folder,
        DefaultScope.overwrite_default_scope('mmagic'),
    ):
        names = [f'{n:02}.png' for n in range(NUM_PATCHES)]
        for n, name in enumerate(names):
            patch = mmcv.rgb2bgr(patches[n % len(patches)])
            cv2.imwrite(os.path.join(folder, name), patch)
        listing = os.path.join(folder, 'names.txt')
        Path(listing).write_text('\n'.join(names), encoding='utf-8')
        cfg.update(num_workers=workers, persistent_workers=workers > 0)
        cfg.dataset.update(
            data_root=folder, ann_file=listing, data_prefix={'gt': ''}
        )
        loader = Runner.build_dataloader(cfg, seed=0)
        per_second = _samples_per_second(loader, num_batches)
        start = time.process_time()
        for n in range(4 * NUM_PATCHES):
            loader.dataset[n % NUM_PATCHES]
        cpu = (time.process_time() - start) / (4 * NUM_PATCHES)
    result = {
        **run_record(config, seed=0, device='cpu'),
        'workers': workers,
        'batch_size': loader.batch_size,
        'batches': num_batches,
        'samples_per_s': per_second,
        'cpu_ms_per_sample': 1000 * cpu,
    }
    print(
        f'{config}, {workers} workers: {per_second:.1f} samples/s, one of '
        f'which takes {1000 * cpu:.2f} ms of CPU'
    )
    if json_file is not None:
        append_record(json_file, result)
    return result


def load_patches(folder: str, size: int) -> list[np.ndarray]:
    """Read the images of a folder as squares of one size.

    Args:
        folder: Holds images; other files are passed over.
        size: Side in pixels; larger images are cropped, smaller ones are
            continued by their mirror image.

    Returns:
        uint8 RGB (size, size, 3), at least one.

    Raises:
        InputError: If the folder has no readable image.
    """
    patches = []
    for path in sorted(Path(folder).glob('*')):
        image = cv2.imread(str(path)) if path.is_file() else None
        if image is None:
            continue
        image = image[:size, :size]
        bottom, right = (size - n for n in image.shape[:2])
        image = cv2.copyMakeBorder(
            image, 0, bottom, 0, right, cv2.BORDER_REFLECT
        )
        patches.append(mmcv.bgr2rgb(image))
    if not patches:
        raise InputError(
            f'Expected images in {folder}, found none that can be read: name '
            f'another folder.'
        )
    return patches


def _samples_per_second(loader, num_batches):
    batches = iter(loader)
    for _ in range(WARM_UP_BATCHES):
        next(batches)
    start = time.perf_counter()
    for _ in tqdm(
        range(num_batches), desc='batches', leave=False, disable=None
    ):
        next(batches)
    return num_batches * loader.batch_size / (time.perf_counter() - start)
