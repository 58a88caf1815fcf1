"""What MMagic's data pipelines lack: checked lists of images, transforms."""

from .restoration_dataset import RestorationDataset
from .samplers import ResumableSampler
from .seeded_dataset import SeededDataset
from .transforms import (
    BicubicDownsample,
    BoxMask,
    BrushStrokeMask,
    LoadMaskFile,
    PairedRandomResizedCrop,
    RandomMask,
)

__all__ = [
    'BicubicDownsample',
    'BoxMask',
    'BrushStrokeMask',
    'LoadMaskFile',
    'PairedRandomResizedCrop',
    'RandomMask',
    'RestorationDataset',
    'ResumableSampler',
    'SeededDataset',
]
