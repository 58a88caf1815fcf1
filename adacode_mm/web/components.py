"""What is on the page, in groups."""

from typing import NamedTuple

import gradio as gr

from .model_shelf import TASKS, ModelShelf
from .uploaded_image import uploaded_image

WEIGHTS_HELP = (
    'How much of each codebook is mixed into each 8 x 8 pixels of the result; '
    'in brackets, the share of the picture where it leads. '
)
MAPS_HELP = """Which code of each codebook is where: equal codes have equal \
colours. Perplexity says how varied they are: as many codes, used alike, \
would give the same."""
CODES_HELP = """The codes used most, each decoded on its own, with its number \
and its share of the picture. With several codebooks the network was trained \
on their mixture: codes look dull alone."""
BRUSH_COLOR = '#e11d48'


class Choices(NamedTuple):
    """Components that say what to do."""

    task: gr.Radio
    scale: gr.Radio
    model: gr.Dropdown
    fidelity: gr.Slider


class MaskInputs(NamedTuple):
    """Components that say what to fill in."""

    group: gr.Group
    source: gr.Radio
    editor: gr.ImageEditor
    file: gr.Image


class Results(NamedTuple):
    """Components that show what was done."""

    slider: gr.ImageSlider
    summary: gr.Markdown
    download: gr.DownloadButton
    weights_help: gr.Markdown
    weights: gr.Gallery
    usage: gr.Markdown
    maps: gr.Gallery
    codes: gr.Image


def choices_of(shelf: ModelShelf) -> Choices:
    """Task, scale and model; the first model of the shelf is chosen."""
    tasks = shelf.tasks()
    first = shelf.choices[0]
    task = gr.Radio(
        [(TASKS[task], task) for task in tasks],
        value=first.task,
        label='Task',
        elem_id='task',
    )
    scales = shelf.scales(first.task)
    scale = gr.Radio(
        [(f'x{scale}', scale) for scale in scales],
        value=first.scale,
        label='Scale',
        elem_id='scale',
        visible=first.task == 'sr',
    )
    fitting = shelf.fitting(first.task, first.scale)
    model = gr.Dropdown(
        [(choice.label, choice.name) for choice in fitting],
        value=fitting[0].name,
        label='Model',
        elem_id='model',
        filterable=False,
    )
    fidelity = gr.Slider(
        0,
        1,
        value=1,
        step=0.05,
        label='Fidelity',
        info='1 keeps to the picture, 0 shows what the network knows alone',
        elem_id='fidelity',
        visible=fitting[0].fidelity,
    )
    return Choices(task, scale, model, fidelity)


def mask_inputs(visible: bool) -> MaskInputs:
    """A mask to paint or to upload."""
    with gr.Group(visible=visible, elem_id='mask') as group:
        source = gr.Radio(
            [('Paint it', 'paint'), ('From a file', 'file')],
            value='paint',
            label='What to fill in',
            elem_id='mask-source',
        )
        editor = gr.ImageEditor(
            label='Paint here',
            elem_id='mask-editor',
            type='numpy',
            image_mode='RGBA',
            format='png',
            sources=None,
            transforms=None,
            layers=False,
            brush=gr.Brush(
                colors=[BRUSH_COLOR],
                default_color=BRUSH_COLOR,
                color_mode='fixed',
            ),
        )
        file = uploaded_image(
            label='Mask: white is filled in, black stays',
            elem_id='mask-file',
            sources=['upload'],
            height=200,
            visible=False,
        )
    return MaskInputs(group, source, editor, file)


def result_views() -> Results:
    """Before and after, the download, weights and codes; all empty."""
    slider = gr.ImageSlider(
        label='Before (left) and after (right)',
        elem_id='slider',
        type='filepath',
        format='png',
        interactive=False,
        buttons=['fullscreen'],
        max_height=640,
    )
    summary = gr.Markdown(elem_id='summary')
    download = gr.DownloadButton(
        'Download PNG', elem_id='download', interactive=False
    )
    with gr.Tabs():
        with gr.Tab('Weight maps'):
            weights_help = gr.Markdown(WEIGHTS_HELP)
            weights = _gallery('weights')
        with gr.Tab('Codes used'):
            gr.Markdown(MAPS_HELP)
            usage = gr.Markdown(elem_id='usage')
            maps = _gallery('maps')
            gr.Markdown(CODES_HELP)
            codes = gr.Image(
                elem_id='codes',
                show_label=False,
                format='png',
                interactive=False,
                buttons=['fullscreen', 'download'],
            )
    return Results(
        slider, summary, download, weights_help, weights, usage, maps, codes
    )


def _gallery(name):
    return gr.Gallery(
        elem_id=name,
        show_label=False,
        columns=3,
        object_fit='contain',
        height='auto',
        format='png',
        interactive=False,
        buttons=['fullscreen', 'download'],
    )
