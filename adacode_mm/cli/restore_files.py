"""Restores files: what the commands sr, inpaint and reconstruct share."""

import argparse
from pathlib import Path

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import OutputError
from adacode_mm.core.parent_process import end_with_torchrun
from adacode_mm.work.batch_report import BatchReport
from adacode_mm.work.claims import MEMORY, Claims
from adacode_mm.work.clean_up import remove_unfinished
from adacode_mm.work.output_names import folder_of, plan_jobs
from adacode_mm.work.pipeline import Pipeline
from adacode_mm.work.progress_bar import ProgressBar
from adacode_mm.work.runs import Run
from adacode_mm.work.shards import Shard
from adacode_mm.work.stop_signals import stopped_by_signals

from .batch_options import inputs_of
from .mask_files import MaskFiles
from .model_options import model_identity, restorer_from

BUSY = 'Another run that writes to the same folder is at it.'


def restore_files(
    args: argparse.Namespace,
    task: str,
    *,
    scale: int | None = None,
    masks: MaskFiles | None = None,
    composite: bool | None = None,
) -> int:
    """Restore the images that the options name, and report.

    Args:
        args: With the options of `add_model_options`, `add_batch_options`.
        task: 'sr', 'inpaint' or 'reconstruct'.
        scale: Which the model must have; None takes any.
        masks: For 'inpaint'.
        composite: As of `Restorer`.

    Returns:
        The exit code.

    Raises:
        InputError: If nothing can start.
    """
    end_with_torchrun()
    shard = Shard.of_process()
    found = inputs_of(args)
    jobs = plan_jobs(
        found.files, args.out, format=args.format, suffix=args.suffix
    )
    report = BatchReport()
    if shard.rank == 0:
        report.failed += found.unreadable
    folder = folder_of(args.out)
    with stopped_by_signals():
        restorer = restorer_from(args, task, scale, composite=composite)
        # Here, since it imports PyTorch.
        from .restoring import Restoring, Settings

        with Run(folder / MEMORY / 'runs') as run:
            settings = Settings(
                _options(args, task, scale, composite),
                args.quality,
                run.started if args.overwrite else None,
                masks,
            )
            remove_unfinished(run, jobs)
            work = Restoring(restorer, Claims(folder, run), settings)
            _restore(work, shard, jobs, report, args.batch_size)
    print(_text(report, args, run.id, shard), end='', flush=True)
    shard.wait_for_others(run.folder)
    return report.exit_code


def _restore(work, shard, jobs, report, batch_size):
    jobs = shard.part(jobs)
    # A line in a log for each process would tell nothing more.
    bar = ProgressBar(len(jobs), hidden=shard.local_rank > 0)
    try:
        with report.timed():
            first = Pipeline(work, report, bar, batch_size)
            first.run(jobs)
            if report.stopped or not first.elsewhere:
                return
            # The other run may have finished these by now, or was killed.
            second = Pipeline(work, report, bar, batch_size)
            second.run(first.elsewhere)
            report.skipped += [
                (work.name(job), BUSY) for job in second.elsewhere
            ]
    finally:
        bar.close()
        work.close()


def _options(args, task, scale, composite) -> dict:
    """What decides about the pixels of a result, besides the image."""
    return {
        'task': task,
        'model': model_identity(args, task, scale),
        'dtype': args.dtype,
        # The other ways of tiling give one and the same image.
        'tile': 'released' if args.tile == 'released' else 'exact',
        'padding': args.padding,
        'composite': composite,
    }


def _text(report, args, run_id, shard):
    """The report; if it names only some of the images, a file names all."""
    text, everything = report.text(), report.text(shown=None)
    if len(text) < len(everything):
        path = folder_of(args.out) / MEMORY / f'report-{run_id[:8]}.txt'
        text += _write_report(path, everything)
    if report.done:
        text += f'Results are in {args.out}\n'
    if shard.count > 1:
        text = f'Process {shard.rank} of {shard.count}:\n{text}'
    return text


def _write_report(path: Path, text: str) -> str:
    try:
        write_atomically(path, text)
    except OutputError as error:  # a full disk: the screen has to do
        return f'{error}\n'
    return f'All names are in {path}\n'
