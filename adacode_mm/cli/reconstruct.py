"""`adacode reconstruct`: images as the codebooks can show them."""

import argparse

from adacode_mm.cli.batch_options import add_batch_options
from adacode_mm.cli.model_options import add_model_options
from adacode_mm.cli.restore_files import restore_files

SUMMARY = 'Show images as the codebooks can express them (reconstruction).'
EXAMPLES = """example:
  adacode reconstruct photos -o reconstructed
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_batch_options(parser)
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Reconstruct the images; returns the exit code."""
    return restore_files(args, 'reconstruct')
