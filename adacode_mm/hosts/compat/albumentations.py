"""albumentations asks PyPI for its newest version whenever it is imported."""

import logging
import os

logger = logging.getLogger(__name__)


def apply() -> None:
    """Switch the question off, unless the user has set the variable."""
    if 'NO_ALBUMENTATIONS_UPDATE' not in os.environ:
        os.environ['NO_ALBUMENTATIONS_UPDATE'] = '1'
        logger.info('albumentations: online version check switched off')
