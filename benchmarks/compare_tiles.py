"""Show what tiles do to an image: differences from one whole pass."""

import argparse
import sys

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import numpy as np
import torch

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.pretrained import find_model_file
from adacode_mm.core.exceptions import InputError
from adacode_mm.images.picture import Picture
from adacode_mm.images.read_picture import read_picture
from adacode_mm.images.write_picture import write_picture
from adacode_mm.restoring.restore import restore
from adacode_mm.views.captioned import captioned
from adacode_mm.views.picture import to_picture


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'model', help='file of a network, or folder of a training'
    )
    parser.add_argument('image', help='an image')
    parser.add_argument('out', help='picture to write')
    parser.add_argument(
        '--tile-size',
        type=int,
        default=240,
        help='side of the released tiles (default: %(default)s)',
    )
    parser.add_argument(
        '--gain',
        type=float,
        default=10,
        help='how much differences are amplified (default: %(default)s)',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    net, _ = open_model(find_model_file(args.model))
    pixels = read_picture(args.image).pixels
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    whole = restore(net, image, tile='whole').image
    panels = [captioned(to_picture(whole), 'one pass')]
    for tile in ('released', 'exact'):
        found = restore(net, image, tile=tile, tile_size=args.tile_size).image
        apart = (found - whole).abs()
        text = f'{tile}: largest difference {apart.max():.1e}'
        print(f'{text}, mean {apart.mean():.1e}')
        panels.append(captioned(to_picture(apart * args.gain), text))
    pixels = np.hstack(panels).astype(np.float32) / 255
    write_picture(args.out, Picture(pixels))


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'{sys.argv[0]}: {error}')
