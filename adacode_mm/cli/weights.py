"""`adacode weights`: pictures of which codebook is used where."""

import argparse

from .model_options import add_model_options
from .picture_files import add_picture_options, for_each_image

SUMMARY = 'Draw the weight maps of images: which codebook is used where.'
EXAMPLES = """styles:
  released  the picture of the release: K maps side by side, the distance from
            their mean in units of two standard deviations
  legible   the image and a map for each codebook with its name: blue is
            negative, white is zero, red is positive
  leading   the image, and in colours the codebook of the largest weight

examples:
  adacode weights photo.jpg -o maps
  adacode weights photos/ --recursive -o maps --style legible leading
"""
ENDINGS = {
    'released': '_weights',
    'legible': '_weights_legible',
    'leading': '_weights_leading',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        'inputs',
        metavar='IN',
        nargs='+',
        help='images, folders of images, or quoted patterns',
    )
    add_picture_options(parser)
    parser.add_argument(
        '--style',
        nargs='+',
        choices=tuple(ENDINGS),
        default=['released', 'legible'],
        help='what to draw, one picture for each (default: released legible)',
    )
    parser.add_argument(
        '--names',
        metavar='NAME,NAME,...',
        help='of the codebooks, in their order (default: those that the file '
        'states; else those of the paper if there are five, else numbers)',
    )
    parser.add_argument(
        '--mask',
        metavar='M',
        help='for an inpainting model: the mask of the image, or "white" if '
        'its holes are white already',
    )
    add_model_options(parser, default='adacode-tiny-x4')


def run(args: argparse.Namespace) -> int:
    """Draw; return the exit code."""
    # Here, since they import PyTorch and MMagic.
    from adacode_mm.core.exceptions import InputError
    from adacode_mm.views.codebook_names import codebook_names

    from .model_options import codebook_names_of, codes_of, restorer_from

    restorer = restorer_from(args)
    codes = codes_of(restorer, args.model)
    count = len(codes.sizes)
    if count == 1:
        raise InputError(
            f'Weight maps mix several codebooks, but the model '
            f'{args.model} has a single one: "adacode codebook" shows its '
            f'codes.'
        )
    names = codebook_names(count, codebook_names_of(args, restorer))
    styles = list(dict.fromkeys(args.style))

    def draw(file):
        pictures = _pictures(restorer, file.path, args.mask, names, styles)
        return {ENDINGS[style]: each for style, each in pictures.items()}

    return for_each_image(args, [ENDINGS[style] for style in styles], draw)


def _pictures(restorer, path, mask, names, styles):
    import torch

    from adacode_mm.views.picture import to_picture
    from adacode_mm.views.weight_map import weight_maps_picture
    from adacode_mm.views.weight_sheet import leading_sheet, weight_sheet

    found = restorer.inspect(path, mask)
    weight = torch.as_tensor(found.weight)
    image = to_picture(torch.from_numpy(found.image).permute(2, 0, 1))
    # Pixels of the image for one latent pixel.
    scale = restorer.codes.shown
    drawn = {}
    if 'released' in styles:
        drawn['released'] = weight_maps_picture(weight, scale, image.shape[:2])
    if 'legible' in styles:
        drawn['legible'] = weight_sheet(image, weight, names, path.name, scale)
    if 'leading' in styles:
        drawn['leading'] = leading_sheet(
            image, weight, names, path.name, scale
        )
    return drawn
