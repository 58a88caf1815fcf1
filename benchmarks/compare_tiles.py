"""Show what tiles do to an image: differences from one whole pass."""

import argparse

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import numpy as np
import torch

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.pretrained import find_model_file
from adacode_mm.images.picture import Picture
from adacode_mm.images.read_picture import read_picture
from adacode_mm.images.write_picture import write_picture
from adacode_mm.restoring.restore import restore
from adacode_mm.views.captioned import captioned
from adacode_mm.views.picture import to_picture
from benchmarks.records import run_main


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('model', help='file of a network, or folder of a training')
    add('image', help='an image')
    add('out', help='picture to write')
    add('--tile-size', type=int, default=240, help='of the released tiles')
    add('--gain', type=float, default=10, help='of differences')
    args = parser.parse_args(argv)
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
    run_main(main)
