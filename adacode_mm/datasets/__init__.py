"""What MMagic's data pipelines lack: transforms for codebook training."""

from .transforms import (
    BicubicDownsample,
    BrushStrokeMask,
    PairedRandomResizedCrop,
)

__all__ = ['BicubicDownsample', 'BrushStrokeMask', 'PairedRandomResizedCrop']
