"""What the page does with an event: functions between Gradio and the rest."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import gradio as gr

from adacode_mm.core.exceptions import InputError

from .messages import told_as_sentence
from .model_shelf import ModelShelf
from .report import Report
from .restoration import insight, restore_to_files, shown
from .stopping import StopSign, StopSigns, watched
from .upload import (
    Upload,
    check_result_size,
    look_at,
    painted_mask,
    room_for,
)

PREVIEW_SIDE = 1024
PATIENCE = 0.2  # seconds between two looks at the stop sign
LAST_LAYER = 20  # seconds that a stopped restoration may still take


class Job(NamedTuple):
    """What the page sends when Restore is pressed."""

    upload: Upload | None
    task: str
    model: str | None
    mask_source: str
    editor: dict | None
    mask_file: str | None
    fidelity: float | None = None


class Handlers:
    """Answers of the page.

    Args:
        shelf: Models to choose from.
        max_pixels: Most pixels of an upload and of a result.
    """

    def __init__(self, shelf: ModelShelf, max_pixels: int) -> None:
        self.shelf = shelf
        self.max_pixels = max_pixels
        self._signs = StopSigns()
        # The picture that each page shows, or is about to.
        self._pictures: dict[str, str | None] = {}
        self._turn = threading.Lock()
        self._closed = False

    def receive(self, path: str | None, request: gr.Request):
        """Look at an upload.

        Returns:
            Preview, upload, facts and background of the mask editor.
        """
        self._show(path, request)
        with told_as_sentence() as told:
            if path is None:
                return _nothing()
            upload, picture = look_at(Path(path), self.max_pixels)
            height, width = picture.pixels.shape[:2]
            factor = min(1.0, PREVIEW_SIDE / max(height, width))
            size = [max(1, round(side * factor)) for side in (width, height)]
            preview = shown(picture, tuple(size)).pixels
            preview = (preview * 255).round().astype('uint8')
            scales = self.shelf.scales('sr')
            room = room_for(upload, scales, self.max_pixels)
            facts = f'{upload.facts}. {room}' if room else upload.facts
            return preview, upload, facts, preview
        return _nothing(told.text)

    def clear(self, request: gr.Request):
        """Forget the upload: values of the same components."""
        self._show(None, request)
        return _nothing()

    def _show(self, path, request):
        """What runs for another picture of this page is stopped."""
        self._pictures[request.session_hash] = path
        self._signs.stop(request.session_hash)

    def choose_task(self, task: str):
        """Scales, models and mask of a task."""
        scales = self.shelf.scales(task)
        return (
            gr.Radio(
                choices=[(f'x{scale}', scale) for scale in scales],
                value=scales[-1],
                visible=task == 'sr',
            ),
            self.choose_scale(task, scales[-1]),
            gr.Group(visible=task == 'inpaint'),
        )

    def choose_scale(self, task: str, scale: int):
        """Models of a task and scale."""
        fitting = self.shelf.fitting(task, scale)
        return gr.Dropdown(
            choices=[(choice.label, choice.name) for choice in fitting],
            value=fitting[0].name if fitting else None,
        )

    def choose_model(self, model: str | None):
        """The fidelity, for a model that has it."""
        return gr.Slider(visible=self.shelf.takes_fidelity(model))

    def choose_mask_source(self, source: str):
        """The editor or the file, whichever is asked for."""
        return gr.ImageEditor(visible=source == 'paint'), gr.Image(
            visible=source == 'file'
        )

    def stop(self, request: gr.Request):
        """Stop the restoration of a page, and say so."""
        self._signs.stop(request.session_hash)
        gr.Info('Stopped.')

    def leave(self, request: gr.Request):
        """Stop the restoration of a page that nobody looks at any more."""
        self._pictures.pop(request.session_hash, None)
        self._signs.stop(request.session_hash)

    def close(self) -> None:
        """Stop all restorations, and wait for the one that runs to end."""
        self._closed = True
        self._signs.stop_all()
        if self._turn.acquire(timeout=LAST_LAYER):
            self._turn.release()

    def run(self, job: Job, page: str, progress) -> Iterator[tuple | str]:
        """Restore, and tell the page twice: the result, then what is in it.

        Args:
            job: What to do.
            page: Which page asks.
            progress: Called with a share in [0, 1] and `desc`, a message.

        Yields:
            `Restored` and None, then None and `Insight`; or, where something
            goes wrong, a sentence.
        """
        sign = self._signs.begin(page)
        if self._closed:  # the queue goes on with what waited
            sign.stop()
        report = Report(sign, progress)
        with (
            told_as_sentence() as told,
            tempfile.TemporaryDirectory(prefix='adacode_') as folder,
        ):
            choice, mask = self._choice(job), _mask_of(job)
            self._check_picture(job, page)
            with self._alone(sign, report):
                report(0.0, f'Opening {choice.label}')
                restorer = self.shelf.get(choice.name)
                if choice.fidelity:
                    restorer.fidelity = job.fidelity
                picture = look_at(job.upload.path, self.max_pixels)[1]
                with watched(restorer.net, sign, report.layers):
                    restored, inspection = restore_to_files(
                        restorer,
                        picture,
                        mask,
                        job.upload.stem,
                        Path(folder),
                        report,
                    )
            sign.check()
            yield restored, None
            with self._alone(sign, report):
                report(1.0, 'Drawing weights and codes')
                seen = insight(restorer, inspection)
            sign.check()
            yield None, seen
        if told.text:
            yield told.text

    def _choice(self, job):
        if job.upload is None:
            raise InputError('There is no picture yet: drop one first.')
        for choice in self.shelf.choices:
            if (choice.name, choice.task) == (job.model, job.task):
                check_result_size(job.upload, choice.scale, self.max_pixels)
                return choice
        raise InputError('There is no model for this yet: choose one.')

    def _check_picture(self, job, page):
        # The page may have sent what it knew before it had read another.
        if self._pictures.get(page) != str(job.upload.path):
            raise InputError(
                'The picture is still being read: press Restore when its '
                'size is shown.'
            )

    @contextmanager
    def _alone(self, sign: StopSign, report):
        # Gradio's queue lets one run at a time, but frees its place as soon
        # as somebody presses Stop, when the network may still be running.
        while not self._turn.acquire(timeout=PATIENCE):
            report(0.0, 'Waiting for another restoration to end')
        try:
            sign.check()
            yield
        finally:
            self._turn.release()


def _nothing(reason=''):
    """Preview, upload, facts and background while there is no picture."""
    return None, None, reason, None


def _mask_of(job):
    if job.task != 'inpaint':
        return None
    if job.mask_source == 'paint':
        return painted_mask(job.editor, job.upload.width, job.upload.height)
    if job.mask_file is None:
        raise InputError(
            'Expected a mask file, but there is none: drop one, or paint.'
        )
    return Path(job.mask_file)
