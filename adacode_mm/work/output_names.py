"""Where the result of each input goes, found out before anything starts."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from adacode_mm.core.exceptions import InputError

from .claims import memory_of
from .find_inputs import InputFile

# By suffix of the output, what --format calls it.
FORMATS = {
    '.png': 'png',
    '.jpg': 'jpg',
    '.jpeg': 'jpg',
    '.webp': 'webp',
    '.tif': 'tiff',
    '.tiff': 'tiff',
}


@dataclass(frozen=True)
class Job:
    """An input and its output.

    Args:
        input: File to read.
        folder: That all outputs are in or below.
        below: Name of the output there.
    """

    input: InputFile
    folder: Path
    below: PurePosixPath

    @property
    def output(self) -> Path:
        """File to write."""
        return self.folder / self.below

    @property
    def memory(self) -> Path:
        """File that tells whether the output is finished."""
        return memory_of(self.folder, self.below)


def folder_of(out: str | Path) -> Path:
    """Folder that the outputs go to: `out`, or that of the file `out`."""
    out = Path(out)
    return out.parent if _is_file_name(out) else out


def plan_jobs(
    inputs: Sequence[InputFile],
    out: str | Path,
    *,
    format: str | None = None,
    suffix: str = '',
) -> list[Job]:
    """Find the output of each input.

    Args:
        inputs: Files to read.
        out: Folder, or, for a single input, file to write.
        format: A value of `FORMATS`. By default, what the suffix of `out`
            says if it is a file, else 'tiff' for TIFF files and 'png' for
            all others.
        suffix: Goes between the name of an output and its ending.

    Returns:
        A job for each input, in their order.

    Raises:
        InputError: If an output is an input, or two outputs are one file.
    """
    out = Path(out)
    if _is_file_name(out):
        jobs = [_single(inputs, out, format)]
    else:
        jobs = [
            Job(each, out, _output_name(each, format, suffix))
            for each in inputs
        ]
    _refuse_collisions(jobs)
    _refuse_inputs(jobs)
    return jobs


def _is_file_name(out):
    return out.suffix.lower() in FORMATS and not out.is_dir()


def _single(inputs, out, format):
    if len(inputs) != 1:
        raise InputError(
            f'Expected a folder for the results of {len(inputs)} images, got '
            f'the file name {out}: give a folder by -o.'
        )
    if format and format != FORMATS[out.suffix.lower()]:
        raise InputError(
            f'Expected an output name that ends in .{format}, as --format '
            f'{format} says, got {out}: leave out one of the two.'
        )
    return Job(inputs[0], out.parent, PurePosixPath(out.name))


def _output_name(each, format, suffix):
    ending = each.path.suffix.lower()
    if format is None:
        format = 'tiff' if FORMATS.get(ending) == 'tiff' else 'png'
    # A file keeps the ending that it has, '.jpeg' or '.TIF'.
    kept = FORMATS.get(ending) == format
    ending = each.path.suffix if kept else f'.{format}'
    return each.below.with_name(f'{each.path.stem}{suffix}{ending}')


def _refuse_collisions(jobs):
    taken: dict[str, Job] = {}
    for job in jobs:
        other = taken.setdefault(os.path.normcase(job.below), job)
        if other is not job:
            raise InputError(
                f'Expected different names of results, but {other.input.name} '
                f'and {job.input.name} would both become {job.output}: '
                f'{_way_out(other, job)}'
            )


def _way_out(one, other):
    if one.input.path.parent == other.input.path.parent:
        endings = [each.input.path.suffix for each in (one, other)]
        return (
            'rename one, or restore them by two calls into different folders'
            f", such as with the patterns '*{endings[0]}' and '*{endings[1]}'."
        )
    return (
        'restore them into different folders, or name their common folder '
        'with --recursive.'
    )


def _refuse_inputs(jobs):
    inputs = {os.path.realpath(job.input.path) for job in jobs}
    for job in jobs:
        if os.path.realpath(job.output) in inputs:
            raise InputError(
                f'Expected a result beside its image, but the result of '
                f'{job.input.name} would replace {job.output}, which is to '
                'be restored: choose another -o, or give --suffix.'
            )
