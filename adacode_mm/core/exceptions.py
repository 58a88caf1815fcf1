"""Errors that a user can act on: each message is one whole sentence."""


class InputError(ValueError):
    """Something given to adacode_mm cannot be used.

    The message names what was expected, what was found and what to do; the
    command-line tools print it without a traceback.
    """


class ConfigError(InputError):
    """A config names an unknown argument, part or type."""


class CheckpointError(InputError):
    """A checkpoint is missing, unsafe, or belongs to another network."""


class OutputError(InputError):
    """A result cannot be written: a full disk, a folder without permission.

    Unlike an image that cannot be read, this ends a batch: the next image
    would meet the same disk.
    """


class DownloadError(CheckpointError):
    """A file could not be fetched; the message says where to place it."""


class DivergedError(InputError):
    """The loss of a training is NaN or infinite."""
