"""Pictures about images: where they go, and what became of each image."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.inputs import InputFile, find_inputs
from adacode_mm.work.report import Fate


def add_picture_options(
    parser: argparse.ArgumentParser, several: bool = True
) -> None:
    """Add `-o`, `--overwrite` and, for several images, `--recursive`."""
    parser.add_argument(
        '-o',
        '--out',
        '--output',
        dest='output',
        metavar='OUT',
        required=True,
        help='folder to write to; it is made if it is not there',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='make pictures anew that are there already',
    )
    if several:
        parser.add_argument(
            '-r',
            '--recursive',
            action='store_true',
            help='search folders below folders, too',
        )


def pictures_of(
    files: list[InputFile], folder: Path, endings: list[str]
) -> Iterator[tuple[InputFile, dict[str, Path]]]:
    """Files with the pictures to write about each of them.

    Args:
        files: Images.
        folder: Where pictures go, in the tree of the inputs.
        endings: Of the names of the pictures, such as '_weights'.

    Yields:
        A file, and ending -> path.

    Raises:
        InputError: If two images would have the same pictures.
    """
    owners: dict[Path, InputFile] = {}
    for file in files:
        base = folder / file.below.parent / file.below.stem
        other = owners.setdefault(base, file)
        if other is not file:
            raise InputError(
                f'Expected images whose pictures have different names, but '
                f'those of {other.name} and {file.name} would both be called '
                f'{base}{endings[0]}.png: name them one at a time, with '
                f'different output folders.'
            )
    for base, file in owners.items():
        yield file, {e: base.with_name(f'{base.name}{e}.png') for e in endings}


def write_pictures(
    pictures: Mapping[Path, np.ndarray],
) -> None:
    """Write uint8 RGB pictures as PNG files, each atomically.

    Raises:
        OutputError: If one cannot be written.
    """
    from adacode_mm.core.atomic_files import write_atomically
    from adacode_mm.data.preparation.encode_png import encode_png

    for path, picture in pictures.items():
        make_folder(path.parent)
        write_atomically(path, encode_png(picture))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises:
        OutputError: If that is not possible.
    """
    from adacode_mm.core.atomic_files import writing

    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def for_each_image(
    args: argparse.Namespace,
    endings: list[str],
    draw: Callable[[InputFile], Mapping[str, np.ndarray]],
) -> int:
    """Draw pictures of every image that has none yet.

    An image that cannot be used is named and does not stop the others.

    Args:
        args: With `inputs` and the options of `add_picture_options`.
        endings: Of the names of the pictures of one image.
        draw: An image -> ending and uint8 RGB picture.

    Returns:
        The exit code: 0, 1 if something failed, 130 if interrupted.

    Raises:
        InputError: If nothing can be started.
        OutputError: If the folder cannot be made.
    """
    from adacode_mm.work.engines.local import run_local
    from adacode_mm.work.report import Books, ProgressBar, Report
    from adacode_mm.work.stop_signals import stopped_by_signals

    folder = Path(args.output)
    found = find_inputs(args.inputs, recursive=args.recursive, out=folder)
    jobs = list(pictures_of(found.files, folder, endings))
    make_folder(folder)
    report = Report(failed=found.unreadable, skipped=found.others)
    items = [
        (file.name, (file, paths))
        for file, paths in jobs
        if args.overwrite or not all(each.exists() for each in paths.values())
    ]
    report.kept = len(jobs) - len(items)
    with (
        stopped_by_signals(),
        closing(ProgressBar(len(jobs), kept=report.kept)) as bar,
    ):
        run_local(_Drawing(draw), items, Books(report, bar))
    code = report.finish(None, None)
    if report.kept:
        print('--overwrite draws again what was done before.')
    print(f'Pictures are in {folder}')
    return code


class _Drawing:
    """The task of the engine; an item is a file and its pictures."""

    def __init__(self, draw):
        self.draw = draw

    def open(self, threads=None):
        """The network is loaded already."""

    def load(self, argument):
        return argument[0]

    def size(self, file):
        return 0  # the image is read when it is drawn

    def kind(self, file):
        return file

    def compute(self, batch, progress):
        return [self._drawn(file) for file in batch]

    def save(self, argument, drawn):
        write_pictures({path: drawn[e] for e, path in argument[1].items()})
        return Fate('done')

    def _drawn(self, file):
        try:
            return self.draw(file)
        except InputError as error:  # the report names the file itself
            sentence = str(error).removeprefix(f'{file.name}: ')
            raise InputError(sentence) from None
