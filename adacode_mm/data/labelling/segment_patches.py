"""Patches through the segmentation network, in batches."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from adacode_mm.core.exceptions import InputError

from .segmenter import Segmenter
from .super_class_rules import class_counts


def segment_patches(
    names: list[str],
    read: Callable[[str], np.ndarray],
    segmenter: Segmenter,
    batch_size: int = 8,
    workers: int = 2,
) -> Iterator[tuple[dict[str, dict], dict[str, str]]]:
    """Segment patches, while other processes read and resize the next ones.

    Args:
        names: Of the patches.
        read: Picture of a name, uint8 RGB (H, W, 3); raises InputError if
            it cannot.
        segmenter: The network.
        batch_size: Patches at a time.
        workers: Processes that prepare patches; 0 prepares them here.

    Yields:
        After each batch, a record for each patch, with its `size` (width,
        height) and the number of pixels of each class that occurs in it,
        `counts`; and the reason for each patch that could not be read.

    Raises:
        InputError: If the memory of the device is too small for a batch, or
            a process that prepares patches has died.
    """
    loader = DataLoader(
        _PreparedPatches(names, read, segmenter.prepare),
        batch_size=batch_size,
        num_workers=workers,
        collate_fn=list,
        worker_init_fn=_use_one_thread,
    )
    for batch in _batches(loader):
        failed = {name: error for name, _, error in batch if error}
        good = [(name, ready) for name, ready, error in batch if not error]
        try:
            label_maps = segmenter([ready for _, ready in good])
        except torch.cuda.OutOfMemoryError as error:
            raise InputError(
                f'{batch_size} patches at a time need more memory than the '
                f'device has: give a smaller --batch-size.'
            ) from error
        records = {
            name: _record(labels, len(segmenter.classes))
            for (name, _), labels in zip(good, label_maps, strict=True)
        }
        yield records, failed


class _PreparedPatches(Dataset):
    """(name, what the segmenter takes, None) or (name, None, reason)."""

    def __init__(self, names, read, prepare):
        self.names = names
        self.read = read
        self.prepare = prepare

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        name = self.names[index]
        try:
            image = self.read(name)
        except InputError as error:
            return name, None, str(error)
        # mmsegmentation's pipelines begin with BGR.
        image = np.ascontiguousarray(image[..., ::-1])
        return name, self.prepare({'img': image}), None


def _batches(loader):
    try:
        yield from loader
    except RuntimeError as error:
        if 'DataLoader worker' not in str(error):
            raise
        raise InputError(
            'A process that reads patches has died, perhaps for want of '
            'memory: give fewer --workers; what is finished is kept.'
        ) from error


def _record(label_map, num_classes):
    counts = class_counts(label_map, num_classes)
    return {
        'size': list(label_map.shape[::-1]),
        # JSON has no integer keys.
        'counts': {str(k): int(counts[k]) for k in counts.nonzero()[0]},
    }


def _use_one_thread(worker):
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
