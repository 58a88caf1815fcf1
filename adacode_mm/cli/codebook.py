"""`adacode codebook`: pictures of the codes, and how images use them."""

import argparse
import sys
from pathlib import Path

from .model_options import add_model_options
from .picture_files import add_picture_options, make_folder, write_pictures

SUMMARY = 'Draw what each code of the codebooks looks like.'
EXAMPLES = """Each code fills 4 x 4 latent pixels, which are decoded on their own to a patch,
32 patches in a row, as in figure 4 of the paper. With --images, each codebook
is drawn once more in the order of use, codes that are never used dimmed and
framed in red; usage.csv has the numbers, usage.txt sums them up.

examples:
  adacode codebook -o codes
  adacode codebook --model adacode-stage2 --images photos/ -o released
"""  # noqa: E501


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_picture_options(parser)
    parser.add_argument(
        '--images',
        metavar='IN',
        nargs='+',
        help='count which codes these images, folders or patterns use',
    )
    parser.add_argument(
        '--names',
        metavar='NAME,NAME,...',
        help='of the codebooks, in their order (default: those that the file '
        'states; else those of the paper if there are five, else numbers)',
    )
    add_model_options(parser, default='adacode-tiny-x4')


def run(args: argparse.Namespace) -> int:
    """Draw, and count if there are images; return the exit code."""
    # Here, since they import PyTorch and MMagic.
    from adacode_mm.views.codebook_names import codebook_names
    from adacode_mm.views.codebook_sheet import codebook_sheet
    from adacode_mm.work.inputs import find_inputs

    from .model_options import codebook_names_of, codes_of, restorer_from

    folder = Path(args.output)
    found = None
    if args.images:
        found = find_inputs(args.images, recursive=args.recursive, out=folder)
    restorer = restorer_from(args)
    sizes = codes_of(restorer, args.model).sizes
    names = codebook_names(len(sizes), codebook_names_of(args, restorer))
    stems = _stems(folder, names, found is not None, args.overwrite)
    make_folder(folder)
    patches = _decoded(restorer.net, names, sizes)
    for stem, part in zip(stems, patches, strict=True):
        write_pictures({folder / f'{stem}.png': codebook_sheet(part)})
    print(f'{sum(sizes)} codes of {len(sizes)} codebooks drawn: {folder}')
    if found is None:
        return 0
    return _count(restorer, found, patches, names, stems, folder)


def _stems(folder, names, count, overwrite):
    """Names of the sheets, of which none is there."""
    from adacode_mm.core.exceptions import InputError

    stems = []
    for k, name in enumerate(names):
        numbered = name == f'codebook {k}'
        letters = ''.join(c if c.isalnum() else '_' for c in name)
        stems.append(f'codebook{k}' + ('' if numbered else f'_{letters}'))
    files = [f'{stem}.png' for stem in stems]
    if count:
        files += [f'{stem}_by_use.png' for stem in stems]
        files += ['usage.csv', 'usage.txt']
    there = [name for name in files if (folder / name).exists()]
    if there and not overwrite:
        raise InputError(
            f'{folder / there[0]} is there already: choose another folder, or '
            f'--overwrite to draw anew.'
        )
    return stems


def _decoded(net, names, sizes):
    from tqdm import tqdm

    from adacode_mm.models.adacode.codebook_patches import codebook_patches

    with tqdm(total=sum(sizes), unit=' codes', smoothing=0) as bar:
        return [
            codebook_patches(net, k, decoded=bar.update)
            for k in range(len(names))
        ]


def _count(restorer, found, patches, names, stems, folder):
    """Count codes over images; write the numbers and the sorted sheets."""
    from adacode_mm.core.atomic_files import write_atomically
    from adacode_mm.models.adacode.code_usage import code_usage
    from adacode_mm.views.usage_sheet import usage_sheet

    counts, failed, used = _counts(restorer, found)
    for name, reason in failed:
        print(f'failed: {name}: {reason}', file=sys.stderr)
    if not used:
        print('no image could be used: nothing was counted', file=sys.stderr)
        return 1
    lines = [f'{used} images, {int(counts[0].sum())} latent pixels']
    for k, name in enumerate(names):
        usage = code_usage(counts[k])
        size = len(counts[k])
        caption = (
            f'{name}: {usage.used} of {size} codes used, {usage.dead:.1%} '
            f'dead, perplexity {usage.perplexity:.1f}'
        )
        lines.append(caption)
        sheet = usage_sheet(patches[k], counts[k], caption)
        write_pictures({folder / f'{stems[k]}_by_use.png': sheet})
    write_atomically(folder / 'usage.csv', _csv(names, counts))
    text = '\n'.join(lines)
    write_atomically(folder / 'usage.txt', f'{text}\n')
    print(text)
    return 1 if failed else 0


def _counts(restorer, found):
    import torch

    from adacode_mm.core.exceptions import InputError
    from adacode_mm.work.report import Fate, ProgressBar

    counts = [
        torch.zeros(size, dtype=torch.int64) for size in restorer.codes.sizes
    ]
    failed, used = list(found.unreadable), 0
    # An inpainting model is shown whole images: what a hole would hold is
    # no use of the image.
    mask = 'white' if restorer.task == 'inpaint' else None
    bar = ProgressBar(len(found.files))
    try:
        for file in found.files:
            try:
                indices = restorer.inspect(file.path, mask).indices
            except (InputError, MemoryError, RuntimeError) as error:
                reason = Fate.of(error).content
                reason = reason.removeprefix(f'{file.name}: ')
                failed.append((file.name, reason))
            else:
                used += 1
                for total, each in zip(counts, indices, strict=True):
                    flat = torch.as_tensor(each).flatten().cpu()
                    total += torch.bincount(flat, minlength=len(total))
            bar.computed(1)
    finally:
        bar.close()
    return counts, failed, used


def _csv(names, counts):
    rows = ['codebook,name,code,count,share']
    for k, (name, each) in enumerate(zip(names, counts, strict=True)):
        total = int(each.sum())
        rows += [
            f'{k},{name},{code},{count},{count / total:.6g}'
            for code, count in enumerate(each.tolist())
        ]
    return '\n'.join(rows) + '\n'
