"""`adacode reconstruct`: images as the codebooks can show them."""

import argparse

from .batch_options import add_batch_options
from .model_options import add_model_options
from .restore_files import restore_files

SUMMARY = 'Show images as the codebooks can express them (reconstruction).'
EXAMPLES = """Without --model, the authors' adacode-stage2 is fetched on first
use: the package has none for this.

examples:
  adacode reconstruct photos -o reconstructed
  adacode reconstruct photos -o mine --model work_dirs/stage2
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_batch_options(parser)
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Reconstruct the images; returns the exit code."""
    return restore_files(args, 'reconstruct')
