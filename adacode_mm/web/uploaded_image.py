"""An image component that hands over the file as it was uploaded."""

from typing import Any

import gradio as gr


def uploaded_image(**options: Any) -> gr.Image:
    """Gradio's image, but its value in an event is the uploaded file.

    Gradio opens a file first and, for what is no picture, answers "Error";
    and it would make 8 bits of 16. Only a file that the page has uploaded
    passes Gradio's own check of the path.

    Args:
        options: Of `gradio.Image`.
    """
    image = gr.Image(type='filepath', image_mode=None, format='png', **options)
    # Not by a class of ours: Gradio writes a file beside the source of each.
    image.preprocess = _path_of
    return image


def _path_of(payload):
    return payload.path if payload is not None else None
