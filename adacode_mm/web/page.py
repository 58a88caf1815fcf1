"""The page: what is on it, and what happens when something is pressed."""

import gradio as gr

from .components import WEIGHTS_HELP, choices_of, mask_inputs, result_views
from .handlers import Handlers, Job
from .uploaded_image import uploaded_image

INTRODUCTION = """# AdaCode
Restores pictures on this computer. Drop one, choose what to do, press \
Restore."""
KEPT_SECONDS = 6 * 60 * 60
EVERY_SECONDS = 10 * 60


def build_page(handlers: Handlers) -> gr.Blocks:
    """Build the page; `server.serve` shows it.

    Args:
        handlers: What answers; with at least one model on its shelf.
    """
    with gr.Blocks(
        title='AdaCode',
        fill_width=True,
        analytics_enabled=False,
        delete_cache=(EVERY_SECONDS, KEPT_SECONDS),
    ) as page:
        gr.Markdown(INTRODUCTION, elem_id='headline')
        upload = gr.State()
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                image = uploaded_image(
                    label='Picture',
                    elem_id='picture',
                    height=280,
                    sources=['upload', 'clipboard'],
                    buttons=['fullscreen'],
                )
                facts = gr.Markdown(elem_id='facts')
                choices = choices_of(handlers.shelf)
                mask = mask_inputs(choices.task.value == 'inpaint')
                with gr.Row():
                    restore = gr.Button(
                        'Restore', variant='primary', elem_id='restore'
                    )
                    stop = gr.Button(
                        'Stop', elem_id='stop', interactive=False, min_width=80
                    )
            with gr.Column(scale=3, min_width=320):
                results = result_views()
        received = [image, upload, facts, mask.editor]
        reading = image.upload(_reading, None, restore, **_AT_ONCE)
        reading = reading.then(handlers.receive, image, received, **_AT_ONCE)
        reading.then(_idle, None, [restore, stop], **_AT_ONCE)
        image.clear(handlers.clear, None, received, **_AT_ONCE)
        for changed in (image.upload, image.clear):
            changed(_no_results, None, list(results), **_AT_ONCE)
        _connect_choices(handlers, choices, mask)
        _connect_buttons(
            page, handlers, (restore, stop), upload, choices, mask, results
        )
    # Waiting pages see their place in the queue.
    page.queue(default_concurrency_limit=1)
    return page


# Small answers do not wait for a restoration. `api_visibility`: the page is
# the interface, not its functions.
_AT_ONCE = {
    'concurrency_limit': None,
    'show_progress': 'hidden',
    'api_visibility': 'private',
}


def _connect_choices(handlers, choices, mask):
    choices.task.change(
        handlers.choose_task,
        choices.task,
        [choices.scale, choices.model, mask.group],
        **_AT_ONCE,
    )
    choices.scale.change(
        handlers.choose_scale,
        [choices.task, choices.scale],
        choices.model,
        **_AT_ONCE,
    )
    choices.model.change(
        handlers.choose_model, choices.model, choices.fidelity, **_AT_ONCE
    )
    mask.source.change(
        handlers.choose_mask_source,
        mask.source,
        [mask.editor, mask.file],
        **_AT_ONCE,
    )


def _connect_buttons(page, handlers, buttons, upload, choices, mask, results):
    restore, stop = buttons

    def run(
        upload,
        task,
        model,
        source,
        editor,
        file,
        fidelity,
        request: gr.Request,
        progress=gr.Progress(),  # noqa: B008  # how Gradio finds it
    ):
        job = Job(upload, task, model, source, editor, file, fidelity)
        for answer in handlers.run(job, request.session_hash, progress):
            yield (
                _told(answer) if isinstance(answer, str) else _answer(*answer)
            )

    # What is seen is never the result of something else, nor downloaded.
    pressed = restore.click(
        _begun, None, [restore, stop, *results], queue=False, **_AT_ONCE
    )
    running = pressed.then(
        run,
        [
            upload,
            choices.task,
            choices.model,
            mask.source,
            mask.editor,
            mask.file,
            choices.fidelity,
        ],
        list(results),
        show_progress='full',
        show_progress_on=results.slider,
        api_visibility='private',
    )
    running.then(_idle, None, [restore, stop], **_AT_ONCE)
    stop.click(handlers.stop, cancels=[running], **_AT_ONCE)
    stop.click(_idle, None, [restore, stop], **_AT_ONCE)
    page.unload(handlers.leave)


def _begun():
    # A second press would take away the results, and start nothing.
    return (
        gr.Button(interactive=False),
        gr.Button(interactive=True),
        *_no_results(),
    )


def _reading():
    return gr.Button(interactive=False)


def _idle():
    return gr.Button(interactive=True), gr.Button(interactive=False)


def _no_results():
    """Values of the results while there are none."""
    button = gr.DownloadButton(value=None, interactive=False)
    return None, '', button, WEIGHTS_HELP, [], '', [], None


def _told(sentence):
    """New values of the results: why there are none, or no more."""
    return gr.skip(), sentence, *(gr.skip() for _ in range(6))


def _answer(restored, insight):
    """New values of the results; those not known yet stay as they are."""
    if restored is not None:
        return (
            (str(restored.before), str(restored.after)),
            restored.summary,
            gr.DownloadButton(value=str(restored.file), interactive=True),
            *_no_results()[3:],
        )
    if insight is None:
        said = 'This network has no codes: there is nothing to show.'
        return *(gr.skip() for _ in range(3)), said, *_no_results()[4:]
    scale = (
        f'Blue is negative, red is positive, up to {insight.weight_limit:.2g}.'
        if insight.weights
        else 'This model has a single codebook: there is nothing to mix.'
    )
    return (
        gr.skip(),
        gr.skip(),
        gr.skip(),
        WEIGHTS_HELP + scale if insight.weights else scale,
        insight.weights,
        insight.usage,
        insight.maps,
        insight.codes,
    )
