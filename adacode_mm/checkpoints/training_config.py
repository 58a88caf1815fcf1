"""The config that a training has left in its work directory."""

from pathlib import Path

from mmengine.config import Config

from adacode_mm.core.exceptions import CheckpointError


def trained_generator(folder: Path) -> dict | None:
    """Build config of the generator that was trained in a work directory.

    Its config, which the runner has written there, is run, and imports what
    its `custom_imports` names: for directories that the user names.

    Args:
        folder: The work directory.

    Returns:
        `model.generator`; None if there is no config.

    Raises:
        CheckpointError: If it cannot be used or has no generator.
    """
    found = list(folder.glob('*.py'))
    if not found:
        return None
    path = max(found, key=lambda each: each.stat().st_mtime)
    return generator_of(path)


def generator_of(path: Path) -> dict:
    """`model.generator` of a training config, which is run.

    Raises:
        CheckpointError: If it cannot be used or has no generator.
    """
    try:
        return Config.fromfile(path).model.generator.to_dict()
    except Exception as error:  # a config is a program of the user's
        raise CheckpointError(
            f'Expected a training config with model.generator in {path}, but '
            f'it cannot be used ({error}): give the one of the training.'
        ) from error
