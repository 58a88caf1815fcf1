"""Packages that only exporting needs."""

import importlib
from types import ModuleType

from adacode_mm.core.exceptions import InputError


def needs_package(name: str) -> ModuleType:
    """Import `onnx` or `onnxruntime`.

    Raises:
        InputError: If it is not installed, with the command that installs it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f'Export to ONNX needs the package {name}, which cannot be '
            f'imported ({error}): install it with '
            f'pip install "adacode-mm[onnx]".'
        ) from error
