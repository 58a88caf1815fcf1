"""`adacode web`: the web page."""

import argparse
import re
import signal
import sys
import threading

from .model_options import add_model_options

SUMMARY = 'Restore pictures on a web page of this computer.'
EXAMPLES = """examples:
  adacode web
  adacode web --model work_dirs/my_sr_x4/iter_400000.pth --port 8000
"""
UNITS = {'': 1, 'B': 1, 'KB': 2**10, 'MB': 2**20, 'GB': 2**30}
# Enlarging to 4000x3000 pixels peaks at 2.6 GiB (docs/tiling.md), of which the
# imports are a part: 200 bytes a pixel beside them are enough.
PIXEL_BYTES = 200
COUNTS = {'': 1, 'K': 10**3, 'M': 10**6, 'G': 10**9}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_model_options(parser, fidelity=False)
    # Takes the place of the `--model` that may be given only once.
    group = parser.add_argument_group('page', conflict_handler='resolve')
    group.add_argument(
        '--model',
        metavar='NAME_OR_FILE',
        action='append',
        default=[],
        help='offer this model, too, first in the list; may be given several '
        'times. Those of the package (adacode-tiny-x4, first without this) '
        'are always offered, and those of the authors, downloaded on first '
        'use',
    )
    group.add_argument(
        '--host',
        default='127.0.0.1',
        help='address to listen at; 0.0.0.0 lets other computers in '
        '(default: %(default)s, this computer only)',
    )
    group.add_argument(
        '--port',
        type=int,
        default=7860,
        help='to listen at; 0 takes a free one (default: %(default)s)',
    )
    group.add_argument(
        '--max-upload',
        type=file_size,
        default='20MB',
        metavar='SIZE',
        help='largest file that is accepted (default: %(default)s)',
    )
    group.add_argument(
        '--max-pixels',
        type=pixel_count,
        metavar='COUNT',
        help='most pixels of a picture and of its result, such as 50M '
        '(default: what the free memory allows, 50M to 400M)',
    )


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C.

    Raises:
        InputError: If a model cannot be opened or the port is taken.
    """
    # Here, since they import PyTorch.
    import torch

    from adacode_mm.core.memory import available_memory
    from adacode_mm.restoring.restorer import Restorer
    from adacode_mm.web.model_shelf import ModelShelf
    from adacode_mm.web.server import serving

    def open_restorer(name):
        return Restorer.from_pretrained(
            name,
            device=args.device,
            dtype=args.dtype,
            tile=args.tile,
            padding=args.padding,
            compile=args.compile,
        )

    shelf = ModelShelf(open_restorer)
    shelf.add_named(args.model)
    shelf.add_published()
    max_pixels = args.max_pixels or pixels_for(
        available_memory(torch.device('cpu'))
    )
    with serving(
        shelf, args.host, args.port, args.max_upload, max_pixels
    ) as url:
        sys.stdout.write(f'The page is at {url} (Ctrl-C ends it)\n')
        sys.stdout.flush()
        _wait_for_the_end()
    sys.stdout.write('\nThe page is closed.\n')
    return 0


def _wait_for_the_end():
    """Until Ctrl-C, or until somebody ends the process."""
    end = threading.Event()
    before = [
        (number, signal.signal(number, lambda *_: end.set()))
        for number in (signal.SIGINT, signal.SIGTERM)
    ]
    try:
        # In parts: on some systems a signal does not wake a long wait.
        while not end.wait(1):
            pass
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def pixels_for(available: int) -> int:
    """Most pixels of a result for so many bytes of free memory."""
    return min(max(available // PIXEL_BYTES, 50_000_000), 400_000_000)


def file_size(text: str) -> int:
    """Bytes of a size such as '20MB'."""
    return _number(text, UNITS, 'a size such as 20MB')


def pixel_count(text: str) -> int:
    """Pixels of a count such as '50M'."""
    return _number(text, COUNTS, 'a count such as 50M')


def _number(text, factors, example):
    match = re.fullmatch(r'\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*', text)
    factor = factors.get(match[2].upper()) if match else None
    number = int(float(match[1]) * factor) if factor else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'expected {example}, got {text!r}')
    return number
