"""`adacode video`: enlarge or restore moving pictures."""

import argparse
import shutil
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.journal import Journal
from adacode_mm.work.places import FileIdentity
from adacode_mm.work.report import Books, ProgressBar, Report
from adacode_mm.work.stop_signals import stopped_by_signals

from .model_options import (
    SCALES,
    add_model_options,
    model_identity,
    restorer_from,
)

if TYPE_CHECKING:
    from adacode_mm.restoring.restorer import Restorer

SUMMARY = 'Enlarge or restore a video.'
EXAMPLES = """examples:
  adacode video clip.mp4
  adacode video clip.mp4 -o large.mkv --scale 2 --temporal
  adacode video clip.mp4 -o large.mp4 --encoder libx265 \\
      --encoder-option crf=20 preset=slow
"""
TOOL = 'video'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    # fmt: off
    add('video', metavar='IN', help='a video')
    add('-o', '--out', '--output', metavar='OUT', type=Path,
        help='.mp4, .mov, .mkv, .webm or .avi (default: beside the video: '
        'clip_x4.mp4)')
    add('--scale', type=int, choices=SCALES,
        help='which the model must have (default: that of --model; without '
        '--model, 4)')
    add('--temporal', action='store_true',
        help='let details follow the motion, so that they do not flicker')
    add('--overwrite', action='store_true', help='replace what is there')
    add('--batch-size', type=int, default=1, metavar='N',
        help='frames to compute together (default: %(default)s)')
    add('--workers', type=int, default=1, metavar='N',
        help='processes of one thread, each with its own network (default: '
        'one process with all cores)')
    add('--quiet', action='store_true', help='say only what went wrong')
    add('--debug', action='store_true',
        help='show tracebacks of unexpected errors on the screen')
    group = parser.add_argument_group('encoding')
    group.add_argument('--encoder', metavar='NAME',
        help='of FFmpeg, such as libx265, libsvtav1, ffv1 or prores_ks '
        '(default: libx264 with crf=16; libvpx-vp9 for .webm)')
    group.add_argument('--encoder-option', nargs='+', action='extend',
        default=[], type=_option, metavar='KEY=VALUE',
        help='of the encoder, such as crf=20 or preset=slow')
    # fmt: on
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Restore the video; returns the exit code."""
    from adacode_mm.video import segments as rules
    from adacode_mm.video.clip import read_clip
    from adacode_mm.video.encode import choose_encoding

    if args.batch_size < 1 or args.workers < 1:
        raise InputError(
            'Expected --batch-size and --workers of at least 1, got '
            f'{args.batch_size} and {args.workers}.'
        )
    output = _output(args)
    clip = read_clip(args.video)
    encoding = choose_encoding(
        output.suffix.lower(), args.encoder, dict(args.encoder_option)
    )
    folder = output.with_name(f'.{output.name}.parts')
    segments = rules.plan_segments(len(clip.pts), rules.LENGTH)
    record = {
        'source': FileIdentity.of(Path(args.video)).sha256,
        'model': model_identity(args, None, args.scale),
        'dtype': args.dtype,
        'tile': 'released' if args.tile == 'released' else 'exact',
        'padding': args.padding,
        'fidelity': args.fidelity,
        'temporal': args.temporal,
        'encoding': [*encoding],
    }
    task = rules.SegmentTask(
        clip,
        folder,
        encoding,
        partial(_restorer, args),
        args.batch_size,
        args.temporal,
        record,
    )
    report = Report('segment')
    with stopped_by_signals():
        with Journal(folder, TOOL) as journal:
            items = []
            for each in segments:
                there = (folder / each.name).is_file()
                if there and journal.records.get(each.name) == record:
                    report.kept += 1
                else:
                    items.append((each.name, each))
            _restore(args, task, items, report, journal, clip)
        if report.stopped or report.failed:
            return _finish(args, report, output)
        from adacode_mm.video.join import join

        paths = [folder / each.name for each in segments]
        paths = [each for each in paths if each.is_file()]
        if not paths:
            raise InputError(
                f'Expected a video at {args.video}, but no frame of it can '
                'be decoded: the file is damaged.'
            )
        report.notes += [('', note) for note in join(clip, paths, output)]
    shutil.rmtree(folder)
    return _finish(args, report, output)


def _restore(args, task, items, report, journal, clip):
    from adacode_mm.work.engines.local import run_local

    if not items:
        return
    if not args.quiet:
        print('Loading the network ...', file=sys.stderr, flush=True)
    lengths = {name: each.stop - each.start for name, each in items}
    kept = len(clip.pts) - sum(lengths.values())
    with closing(
        FrameBar(lengths, len(clip.pts), kept=kept, hidden=args.quiet)
    ) as bar:
        books = FrameBooks(
            report,
            bar,
            begin=lambda segment: journal.begin(segment.name),
            done=lambda name, result: journal.record(*result),
        )
        run_local(task, items, books, workers=args.workers)


class FrameBar(ProgressBar):
    """A bar that counts frames while segments are done.

    Args:
        lengths: Name of a segment -> number of its frames.
        total: Frames of the clip.
        **options: As of `ProgressBar`.
    """

    def __init__(self, lengths: dict[str, int], total: int, **options):
        super().__init__(total, 'frames', **options)
        self._lengths = lengths
        self._counted: dict[str, float] = {}

    def within(self, name: str, done: float, items: int = 1) -> None:
        """Show how far a segment is."""
        with self._lock:
            frames = done * self._lengths[name]
            self._bar.update(frames - self._counted.get(name, 0))
            self._counted[name] = frames

    def computed(self, items: int = 1) -> None:
        """Nothing: `ended` has the name."""

    def failed(self) -> None:
        """Nothing: `ended` has the name."""

    def ended(self, name: str) -> None:
        """A segment has its fate."""
        self.within(name, 1.0)


class FrameBooks(Books):
    """Books of a `FrameBar`."""

    def settle(self, item, fate) -> None:
        """See `Books`."""
        super().settle(item, fate)
        if fate.kind != 'stopped':
            self.bar.ended(item[0])


def _restorer(args: argparse.Namespace) -> 'Restorer':
    restorer = restorer_from(args, None, args.scale)
    if restorer.task not in ('sr', 'restore', 'reconstruct'):
        raise InputError(
            f'Expected a model that enlarges or restores, but {args.model} '
            f'is for {restorer.task}: choose another --model.'
        )
    return restorer


def _output(args) -> Path:
    source = Path(args.video)
    output = args.out
    if output is None:
        suffix = source.suffix.lower()
        scale = args.scale or (4 if args.model is None else None)
        ending = f'_x{scale}' if scale else '_restored'
        output = source.with_name(f'{source.stem}{ending}{suffix}')
    if output.exists() and (source.exists() and output.samefile(source)):
        raise InputError(
            f'Expected an output that is not the input, got {output} for '
            'both: choose another -o.'
        )
    if output.exists() and not args.overwrite:
        raise InputError(
            f'{output} is there already: choose another -o, or replace it '
            'by --overwrite.'
        )
    if not output.parent.is_dir():
        raise InputError(
            f'Expected a folder at {output.parent} for the output, but there '
            'is none: make it first.'
        )
    return output


def _finish(args, report, output):
    code = report.finish(None, None, debug=args.debug, quiet=args.quiet)
    if not code and not args.quiet:
        print(f'The result is {output}', flush=True)
    return code


def _option(text):
    key, equals, value = text.partition('=')
    if not equals or not key:
        raise argparse.ArgumentTypeError(
            f'expected KEY=VALUE, such as crf=20, got {text!r}'
        )
    return key, value
