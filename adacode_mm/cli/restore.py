"""`adacode restore`: undo damage of images, size for size."""

import argparse

from .batch_options import add_batch_options
from .model_options import add_model_options
from .restore_files import restore_files

SUMMARY = 'Undo damage of images, such as noise, without enlarging them.'
EXAMPLES = """The package has no model for this yet: name one by --model.

examples:
  adacode restore photos -o clean --model scunet_color_real_psnr.pth
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_batch_options(parser)
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Restore the images; returns the exit code."""
    return restore_files(args, 'restore')
