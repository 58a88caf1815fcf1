"""transformers >= 5 renamed CLIP's feature extractor; MMagic imports it."""

import importlib
import logging

from .stand_in import lacks, stand_in

logger = logging.getLogger(__name__)

MODULE = 'transformers.models.clip.feature_extraction_clip'


def _resolve(name):
    if name != 'CLIPFeatureExtractor':
        raise AttributeError(name)
    return importlib.import_module('transformers').CLIPImageProcessor


def apply() -> None:
    """Offer `CLIPImageProcessor` under its old name where that is gone."""
    if lacks(MODULE):
        stand_in(MODULE, _resolve)
        logger.info('transformers: CLIPFeatureExtractor is available again')
