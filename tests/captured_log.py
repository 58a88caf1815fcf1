"""What is written to MMEngine's log, which does not reach pytest's."""

import logging
from contextlib import contextmanager

from mmengine.logging import MMLogger


class _Lines(logging.Handler):
    def __init__(self):
        super().__init__(logging.INFO)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@contextmanager
def captured_log():
    """A list that fills with the messages of the current logger."""
    logger = MMLogger.get_current_instance()
    handler = _Lines()
    level = logger.level
    # A tool that was tested before may have made it quiet.
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
