"""Restores files: what the commands sr, inpaint and reconstruct share."""

import argparse
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from adacode_mm.checkpoints.pretrained import PRETRAINED, remark_on
from adacode_mm.core.atomic_files import remove_temporary_files
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.engines.torchrun import joined_processes
from adacode_mm.work.inputs import RESTORED
from adacode_mm.work.journal import FOLDER, Journal
from adacode_mm.work.places import absolute, is_url
from adacode_mm.work.plan import Job, folder_of, plan_beside, plan_jobs
from adacode_mm.work.report import Books, ProgressBar, Report
from adacode_mm.work.stop_signals import stopped_by_signals

from .batch_options import inputs_of
from .mask_files import MaskFiles
from .model_options import DEFAULT_SCALE, default_model, model_identity
from .output_size import OutputSize
from .restoring import Restoring

HOUR = 3600  # seconds
DONE = {
    'inpaint': 'filled',
    'reconstruct': 'reconstructed',
    'restore': 'restored',
}


def restore_files(
    args: argparse.Namespace,
    task: str,
    *,
    scale: int | None = None,
    masks: MaskFiles | None = None,
    composite: bool | None = None,
    size: OutputSize | None = None,
) -> int:
    """Restore the images that the options name, and report.

    Args:
        args: With the options of `add_model_options`, `add_batch_options`.
        task: 'sr', 'inpaint' or 'reconstruct'.
        scale: Which the model must have; None takes any.
        masks: For 'inpaint'.
        composite: As of `Restorer`.
        size: Of the results; None leaves what the network gives.

    Returns:
        The exit code.

    Raises:
        InputError: If nothing can start.
    """
    report = Report()
    with (
        stopped_by_signals(),
        joined_processes() as group,
        ExitStack() as stack,
    ):
        _check_engine(args, group)
        journals = []

        def plan():
            found = inputs_of(args)
            jobs = _jobs(args, found, task, scale, size)
            report.skipped += found.others
            report.failed += found.unreadable
            options = _options(args, task, scale, composite, size)
            work = Restoring(
                args, task, scale, composite, masks, options, size
            )
            journals.append(_journal(args, found, group))
            if journals[0] is not None:
                stack.enter_context(journals[0])
                journals[0].tidy(job.below.parent for job in jobs)
            items = work.missing(jobs, journals[0], report)
            return work, items, journals[0] is not None

        work, items, kept = group.first(plan)
        if group.rank and kept:
            member = Journal(folder_of(args.out), RESTORED, rank=group.rank)
            journals.append(stack.enter_context(member))
        journal = journals[0] if journals else None
        _run(args, work, group.part(items), report, journal, group)
        if not report.interrupted:  # or the others are, too: do not wait
            group.merge(report)
        if group.rank:
            return 130 if report.interrupted else 0
        return _finish(args, report, journal, task, scale, items)


def _check_engine(args, group):
    if args.engine == 'local' and (args.address or args.gpus_per_worker):
        raise InputError(
            'Expected --engine ray with --address and --gpus-per-worker, got '
            '--engine local: give it, or leave them out.'
        )
    if group.size > 1 and (args.engine != 'local' or args.workers):
        raise InputError(
            'Expected one of torchrun, --engine ray and --workers, got '
            'torchrun and another: leave it out.'
        )


def _journal(args, found, group):
    """The memory of the folder of the results; None for a single file."""
    if args.out is None:
        return None
    folder = folder_of(args.out)
    several = found.in_folders or len(found.files) > 1
    known = not is_url(folder) and (folder / FOLDER).is_dir()
    if several or known:
        rank = group.rank if group.size > 1 else None
        return Journal(folder, RESTORED, rank=rank)
    if not is_url(folder) and folder.is_dir():
        # What was killed; no other run is at it for so long.
        remove_temporary_files(folder, before=time.time() - HOUR)
    return None


def _run(args, work, items, report, journal, group):
    if not items:
        return
    if not group.rank and not args.quiet:
        # Before the seconds that it takes to import PyTorch.
        print('Loading the network ...', file=sys.stderr, flush=True)
    with closing(
        ProgressBar(
            len(items) + report.kept,
            hidden=group.rank > 0 or args.quiet,
            kept=report.kept,
        )
    ) as bar:
        books = Books(report, bar)
        if journal is not None:
            books = Books(
                report,
                bar,
                begin=lambda job: journal.begin(job.key),
                done=lambda name, result: journal.record(*result),
            )
        if args.engine == 'ray':
            from adacode_mm.work.engines.ray import run_ray

            run_ray(
                _anywhere(work),
                [(name, _absolute(job)) for name, job in items],
                books,
                workers=args.workers,
                batch_size=args.batch_size,
                address=args.address,
                gpus_per_worker=args.gpus_per_worker,
            )
        else:
            from adacode_mm.work.engines.local import run_local

            run_local(
                work,
                items,
                books,
                workers=args.workers or 1,
                batch_size=args.batch_size,
            )


def _absolute(job):
    path = absolute(job.input.path)
    return replace(
        job,
        input=replace(job.input, path=path),
        folder=absolute(job.folder),
    )


def _anywhere(work):
    """The same work for processes that run in other folders."""
    model, masks = work.args.model, work.masks
    if model and Path(model).exists():
        model = str(Path(model).absolute())
    if masks is not None:
        masks = masks.absolute()
    args = argparse.Namespace(**{**vars(work.args), 'model': model})
    return replace(work, args=args, masks=masks)


def _options(args, task, scale, composite, size) -> dict:
    """What decides about the pixels of a result, besides the image."""
    return {
        'task': task,
        'model': model_identity(args, task, scale),
        'dtype': args.dtype,
        # The other ways of tiling give one and the same image.
        'tile': 'released' if args.tile == 'released' else 'exact',
        'padding': args.padding,
        'composite': composite,
        'fidelity': args.fidelity,
        **({} if size is None else {'size': str(size)}),
    }


def _finish(args, report, journal, task, scale, items):
    home = None if journal is None else journal.home
    code = report.finish(
        home and home / 'report.txt',
        home and home / 'errors.log',
        debug=args.debug,
        quiet=args.quiet,
    )
    if report.done and not args.quiet:
        if args.out is None:
            places = dict.fromkeys(str(job.output) for _, job in items)
        else:
            places = [args.out]
        print(f'Results are in {", ".join(places)}', flush=True)
        remark = remark_on(args.model or default_model(task, scale))
        if remark:
            print(remark, file=sys.stderr, flush=True)
    return code


def _jobs(args, found, task, scale, size) -> list[Job]:
    if not found.files and not found.in_folders:
        return []  # the report names what cannot be read
    if args.out is not None:
        return plan_jobs(
            found.files, args.out, format=args.format, suffix=args.suffix
        )
    return plan_beside(
        found.files,
        args.suffix or _ending(args, task, scale, size),
        format=args.format,
    )


def _ending(args, task, scale, size):
    """What a result beside its image is called after."""
    if size is not None:
        return f'_{size}'
    if task != 'sr':
        return f'_{DONE[task]}'
    if args.model is not None and scale is None:
        known = PRETRAINED.get(args.model)
        return f'_x{known.scale}' if known else '_large'
    return f'_x{scale or DEFAULT_SCALE}'
