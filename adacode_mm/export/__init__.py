"""Networks for other runtimes: ONNX."""

from .onnx_check import Comparison, check_images, compare_onnx
from .onnx_file import PRECISIONS, checked_target, export_onnx
from .onnx_graph import INPUT, OPSETS, onnx_graph

__all__ = [
    'INPUT',
    'OPSETS',
    'PRECISIONS',
    'Comparison',
    'check_images',
    'checked_target',
    'compare_onnx',
    'export_onnx',
    'onnx_graph',
]
