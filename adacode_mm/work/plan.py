"""Where the result of each input goes, and which of them are missing."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.formats import IMAGE_SUFFIXES

from .inputs import InputFile
from .journal import Journal
from .places import (
    FileIdentity,
    Place,
    absolute,
    inside,
    is_url,
    place_of,
    state_of,
)

LONGEST_NAME = 255  # bytes, of every usual file system

# By suffix of the output, what --format calls it.
FORMATS = {
    '.png': 'png',
    '.jpg': 'jpg',
    '.jpeg': 'jpg',
    '.webp': 'webp',
    '.tif': 'tiff',
    '.tiff': 'tiff',
    '.bmp': 'bmp',
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
    folder: Place
    below: PurePosixPath

    @property
    def output(self) -> Place:
        """File to write."""
        return inside(self.folder, self.below)

    @property
    def key(self) -> str:
        """Name of the output in the journal."""
        return str(self.below)


def folder_of(out: str | Path) -> Place:
    """Folder that the outputs go to: `out`, or that of the file `out`."""
    out = place_of(out)
    if not _is_file_name(out):
        return out
    return out.rpartition('/')[0] if is_url(out) else out.parent


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
        InputError: If an output is an input, two outputs are one file, or
            `out` has the ending of a format that cannot be written.
    """
    place = place_of(out)
    if _is_file_name(place):
        jobs = [_single(inputs, place, format)]
    else:
        _refuse_ending(str(out), place, len(inputs) == 1)
        names = _output_names(inputs, format, suffix)
        jobs = [
            Job(each, place, name)
            for each, name in zip(inputs, names, strict=True)
        ]
    _refuse_collisions(jobs)
    _refuse_inputs(jobs)
    return jobs


def plan_beside(
    inputs: Sequence[InputFile], suffix: str, *, format: str | None = None
) -> list[Job]:
    """Plan the output of each input in the input's own folder.

    Args:
        inputs: Files to read.
        suffix: Goes between the name of an output and its ending.
        format: As of `plan_jobs`.

    Raises:
        InputError: As of `plan_jobs`, or if an input has a URL.
    """
    jobs = []
    for each in inputs:
        if is_url(each.path):
            raise InputError(
                f'Expected -o with a place for the result of {each.name}, '
                'which is not on this machine: give it.'
            )
        named = replace(each, below=PurePosixPath(each.path.name))
        name = _output_name(named, format, suffix)
        jobs.append(Job(named, each.path.parent, name))
    _refuse_collisions(jobs)
    _refuse_inputs(jobs)
    return jobs


def _suffix(place):
    return PurePosixPath(str(place)).suffix.lower()


def _is_file_name(out):
    there = not is_url(out) and out.is_dir()
    return _suffix(out) in FORMATS and not there


def _refuse_ending(text, out, single):
    ending = _suffix(out)
    there = not is_url(out) and out.is_dir()
    like_a_file = single and re.fullmatch(r'\.[a-z][a-z0-9]{1,4}', ending)
    if there or text.endswith(('/', os.sep)):
        return
    if not like_a_file and ending not in IMAGE_SUFFIXES:
        return
    raise InputError(
        f'Expected a result that ends in {", ".join(FORMATS)}, got {out}: '
        f'choose one of them, or write {out}/ if it is a folder.'
    )


def _single(inputs, out, format):
    if len(inputs) != 1:
        raise InputError(
            f'Expected a folder for the results of {len(inputs)} images, got '
            f'the file name {out}: give a folder by -o.'
        )
    if format and format != FORMATS[_suffix(out)]:
        raise InputError(
            f'Expected an output name that ends in .{format}, as --format '
            f'{format} says, got {out}: leave out one of the two.'
        )
    name = PurePosixPath(str(out)).name
    return Job(inputs[0], folder_of(out), PurePosixPath(name))


def _output_names(inputs, format, suffix):
    """Of two that would be one, photo.jpg and photo.heic, the latter keeps
    its ending, which is of no result: photo.heic.png.
    """
    names = [_output_name(each, format, suffix) for each in inputs]
    count = Counter(os.path.normcase(name) for name in names)
    for number, each in enumerate(inputs):
        name, ending = names[number], each.below.suffix
        clash = count[os.path.normcase(name)] > 1
        if clash and ending.lower() not in FORMATS:
            stem = f'{each.below.stem}{suffix}{ending}'
            names[number] = name.with_name(f'{stem}{name.suffix}')
    return names


def _output_name(each, format, suffix):
    ending = each.below.suffix.lower()
    if format is None:
        format = 'tiff' if FORMATS.get(ending) == 'tiff' else 'png'
    # A file keeps the ending that it has, '.jpeg' or '.TIF'.
    kept = FORMATS.get(ending) == format
    ending = each.below.suffix if kept else f'.{format}'
    return each.below.with_name(f'{each.below.stem}{suffix}{ending}')


def _refuse_collisions(jobs):
    taken: dict[str, Job] = {}
    for job in jobs:
        other = taken.setdefault(os.path.normcase(str(job.output)), job)
        if other is not job:
            raise InputError(
                f'Expected different names of results, but {other.input.name} '
                f'and {job.input.name} would both become {job.output}: '
                f'{_way_out(other, job)}'
            )


def _way_out(one, other):
    if one.input.below.parent == other.input.below.parent:
        endings = [each.input.below.suffix for each in (one, other)]
        if endings[0] != endings[1]:
            return (
                'rename one, or restore them by two calls into different '
                f"folders, such as with the patterns '*{endings[0]}' and "
                f"'*{endings[1]}'."
            )
    return (
        'restore them into different folders, or name their common folder '
        'with --recursive.'
    )


def _refuse_inputs(jobs):
    inputs = {_real(job.input.path) for job in jobs}
    for job in jobs:
        if _real(job.output) in inputs:
            raise InputError(
                f'Expected a result beside its image, but the result of '
                f'{job.input.name} would replace {job.output}, which is to '
                'be restored: choose another -o, or give --suffix.'
            )


def _real(place):
    return place if is_url(place) else os.path.realpath(place)


@dataclass(frozen=True)
class Recipe:
    """What an output is made of.

    Args:
        inputs: Files, in a fixed order, such as an image and its mask.
        options: Whatever else decides about the result; JSON-able.
    """

    inputs: Sequence[Place]
    options: dict

    def record(
        self, output: FileIdentity, taken: Sequence[FileIdentity]
    ) -> dict:
        """What is kept about a finished output.

        Args:
            output: As it was written.
            taken: Identities of the inputs as they were read.
        """
        return {
            'inputs': [each.as_dict() for each in taken],
            'options': self.options,
            'output': output.as_dict(),
        }


def is_finished(job: Job, recipe: Recipe, journal: Journal | None) -> bool:
    """Whether there is nothing to do for an output.

    What this program has made of an older version of the same input is made
    again. All else that exists is left as it is: what somebody else has put
    there or changed, and results of another file or of other options.

    Args:
        job: Names the output.
        recipe: What it is to be made of.
        journal: What is known about the folder; None if nothing is.

    Raises:
        InputError: If something is there that must not be replaced, or the
            output cannot have its name.
    """
    output = job.output
    if len(os.fsencode(job.below.name)) > LONGEST_NAME:
        raise InputError(
            f'The name of its result, {job.below.name[:20]}..., has '
            f'{len(os.fsencode(job.below.name))} bytes, a file system takes '
            f'{LONGEST_NAME}: rename the image, or give no --suffix.'
        )
    link = not is_url(output) and output.is_symlink()
    if state_of(output) is None and not link:
        return False
    if journal is None:
        raise InputError(_kept(output))
    if job.key in journal.begun:
        return False  # ours, by a run that was killed before it could say so
    record = journal.records.get(job.key)
    if record is None:
        raise InputError(_kept(output, 'it was not written by this program'))
    if not FileIdentity(**record['output']).is_at(output):
        raise InputError(_kept(output, 'it was changed since it was written'))
    if record['options'] != recipe.options:
        raise InputError(_kept(output, _difference(record, recipe)))
    before = [FileIdentity(**each) for each in record['inputs']]
    if len(before) == len(recipe.inputs) and all(
        identity.is_at(path)
        for identity, path in zip(before, recipe.inputs, strict=True)
    ):
        return True
    paths = [identity.path for identity in before]
    if paths != [str(absolute(path)) for path in recipe.inputs]:
        made = f'it was made of {", ".join(paths)}'
        raise InputError(_kept(output, made))
    return False


def _difference(record, recipe):
    before, now = record['options'], recipe.options
    names = sorted(
        name for name in {*before, *now} if before.get(name) != now.get(name)
    )
    listed = ', '.join(f'{name} {before.get(name)!r}' for name in names)
    return f'it was made with other options ({listed})'


def _kept(output, reason=None):
    said = f' and {reason}' if reason else ''
    return (
        f'{output} exists{said}: it was left as it is; give '
        '--overwrite to replace it or choose another -o.'
    )
