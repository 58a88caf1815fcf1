"""Serves the page on this machine, without asking anything of others."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from adacode_mm.core.exceptions import InputError

from .model_shelf import ModelShelf

OLDEST_GRADIO = 6
# Nothing but the page: no link to the outside, no account, no other door.
OPTIONS = {
    'share': False,
    'ssr_mode': False,
    'mcp_server': False,
    'pwa': False,
    'enable_monitoring': False,
    'run_history': False,
    'footer_links': [],
    'show_error': False,
    'quiet': True,
}


def prepare_gradio(folder: str) -> None:
    """Set what Gradio reads from the environment; before it is imported.

    Args:
        folder: For uploads and results.

    Raises:
        InputError: If Gradio is not installed, or is too old.
    """
    os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'
    os.environ['HF_HUB_DISABLE_TELEMETRY'] = '1'
    os.environ['GRADIO_TEMP_DIR'] = folder
    os.environ.pop('GRADIO_ALLOWED_PATHS', None)
    try:
        import gradio
    except ImportError as error:
        raise InputError(
            'The web page needs Gradio, which cannot be imported here '
            f'({error}): install it with "pip install adacode-mm[web]".'
        ) from error
    if int(gradio.__version__.split('.')[0]) < OLDEST_GRADIO:
        raise InputError(
            f'The web page needs Gradio {OLDEST_GRADIO} or newer, found '
            f'{gradio.__version__}: install it with "pip install '
            'adacode-mm[web]".'
        )
    _read_no_postscript()


def _read_no_postscript():
    """Gradio opens uploads with Pillow, which starts Ghostscript on EPS."""
    from PIL import Image

    Image.init()
    if 'EPS' in Image.ID:
        Image.ID.remove('EPS')


@contextmanager
def serving(
    shelf: ModelShelf,
    host: str = '127.0.0.1',
    port: int = 7860,
    max_upload: int = 20 * 2**20,
    max_pixels: int = 50_000_000,
) -> Iterator[str]:
    """Serve the page inside the block.

    Uploads and results lie in a temporary folder that goes when the block
    ends; those of the last hours are kept until then.

    Args:
        shelf: Models to choose from, at least one.
        host: Address to listen at; others can reach only '0.0.0.0' or an
            address of the network.
        port: To listen at; 0 takes a free one.
        max_upload: Largest upload in bytes.
        max_pixels: Most pixels of an upload and of a result.

    Yields:
        The address of the page.

    Raises:
        InputError: If Gradio is not installed, or host and port cannot be
            listened at.
    """
    port = _free_port(host, port)
    with tempfile.TemporaryDirectory(
        prefix='adacode_web_', ignore_cleanup_errors=True
    ) as folder:
        prepare_gradio(folder)
        from starlette.middleware import Middleware

        from .handlers import Handlers
        from .known_hosts import KnownHosts
        from .page import build_page
        from .style import CSS, page_theme

        handlers = Handlers(shelf, max_pixels)
        page = build_page(handlers)
        try:
            _, url, _ = page.launch(
                server_name=host,
                server_port=port,
                max_file_size=max_upload,
                theme=page_theme(),
                css=CSS,
                prevent_thread_lock=True,
                app_kwargs={'middleware': [Middleware(KnownHosts, host=host)]},
                **OPTIONS,
            )
        except OSError as error:  # taken since we looked
            raise _cannot_listen(host, port, error) from error
        try:
            yield url
        finally:
            handlers.close()
            page.close(verbose=False)


def _free_port(host, port):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            # As servers do: a port that was in use a moment ago is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            return listener.getsockname()[1]
    except (OSError, OverflowError) as error:
        raise _cannot_listen(host, port, error) from error


def _cannot_listen(host, port, error):
    reason = getattr(error, 'strerror', None) or str(error)
    return InputError(
        f'Expected to listen at {host}, port {port}, but: {reason}. End the '
        'program that uses this port, or choose another --port or --host.'
    )
