"""What goes wrong, as a sentence on the page."""

import html
import logging
from contextlib import contextmanager

import gradio as gr

from adacode_mm.core.exceptions import InputError

from .stopping import StoppedError

SECONDS = 30
logger = logging.getLogger(__name__)


class Told:
    """What a person was told.

    Attributes:
        text: HTML for the place that it is about; empty if all went well.
    """

    text = ''


@contextmanager
def told_as_sentence():
    """Show what goes wrong inside the block as a message of the page.

    Messages of Gradio are HTML: a file's name must not become a part of it.

    Yields:
        `Told`, whose text then stands where it belongs, too.
    """
    told = Told()
    try:
        yield told
    except StoppedError:
        pass  # said when Stop was pressed
    except InputError as error:
        told.text = html.escape(str(error))
    except Exception:
        logger.exception('The page could not answer')
        told.text = (
            'Something went wrong that should not have: the terminal that '
            'runs this page says what.'
        )
    if told.text:
        gr.Warning(told.text, duration=SECONDS)
