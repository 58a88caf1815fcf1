"""What goes wrong, as a sentence on the page."""

import html
import logging
from contextlib import contextmanager

import gradio as gr

from adacode_mm.core.exceptions import InputError

from .stopping import StoppedError

SECONDS = 30
logger = logging.getLogger(__name__)


@contextmanager
def told_as_sentence():
    """Show what goes wrong inside the block as a message of the page.

    Messages of Gradio are HTML: a file's name must not become a part of it.
    """
    try:
        yield
    except StoppedError:
        pass  # said when Stop was pressed
    except InputError as error:
        gr.Warning(html.escape(str(error)), duration=SECONDS)
    except Exception:
        logger.exception('The page could not answer')
        gr.Warning(
            'Something went wrong that should not have: the terminal that '
            'runs this page says what.',
            duration=SECONDS,
        )
