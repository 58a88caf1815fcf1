"""What MMagic's data pipelines lack: checked lists of images, transforms."""

from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample
from adacode_mm.data.transforms.box_mask import BoxMask
from adacode_mm.data.transforms.brush_stroke_mask import BrushStrokeMask
from adacode_mm.data.transforms.load_mask_file import LoadMaskFile
from adacode_mm.data.transforms.paired_random_resized_crop import (
    PairedRandomResizedCrop,
)
from adacode_mm.data.transforms.random_mask import RandomMask

from .restoration_dataset import RestorationDataset
from .resumable_sampler import ResumableSampler
from .seeded_dataset import SeededDataset

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
