"""`adacode models`: the networks that have a name."""

import argparse

from adacode_mm.checkpoints.pretrained import PRETRAINED, packaged_file
from adacode_mm.core.fetching import cached_path

SUMMARY = 'List the networks that have a name, and where they come from.'
EXAMPLES = """Use any of them with --model NAME. Larger networks of others:
  pip install spandrel
  adacode sr photo.png --model RealESRGAN_x4plus.pth
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command: none."""


def run(args: argparse.Namespace) -> int:
    """Print the list; returns the exit code."""
    rows = [('NAME', 'FOR', 'SCALE', 'SIZE', 'FROM', 'LICENCE')]
    for name, entry in PRETRAINED.items():
        file = packaged_file(entry) or cached_path(entry.url)
        there = file.is_file()
        size = f'{file.stat().st_size / 1e6:.1f} MB' if there else '-'
        if entry.packaged:
            origin = 'this package'
        else:
            origin = 'fetched' if there else 'fetched on first use'
        rows.append(
            (name, entry.task, f'x{entry.scale}', size, origin, entry.licence)
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = map(str.ljust, row, widths)
        print('  '.join(cells).rstrip())
    print()
    for name, entry in PRETRAINED.items():
        if entry.weakness:
            print(f'{name}: {entry.weakness}')
        for score in entry.scores:
            print(
                f'  BSD100 {score.input}: {score.psnr:.2f} dB PSNR '
                f'({score.other}: {score.other_psnr:.2f})'
            )
    print(f'\n{EXAMPLES}', end='')
    return 0
