"""bitsandbytes reports a missing optional CPU kernel whenever it is imported.

It comes with pyiqa and diffusers imports it; nothing here computes with it.
"""

import logging

LOGGER = 'bitsandbytes.backends.cpu.ops'


def _is_about_something_else(record):
    return 'gemm_4bit_forward' not in record.msg


def apply() -> None:
    """Drop that one message; everything else it says is kept."""
    logging.getLogger(LOGGER).addFilter(_is_about_something_else)
