"""AdaCode for MMagic: importing this package registers everything in it.

Name it in a config, `custom_imports = dict(imports=['adacode_mm'])`, or
import it before MMagic.
"""

import os
import sys

from .version import __version__

__all__ = ['__version__']

COMMAND_LINE = 'adacode_mm.cli.main'


def _is_command_line() -> bool:
    """Whether this process is the `adacode` command.

    MMagic takes seconds to import, and `adacode --help` should not: the
    command imports `registration` itself once it knows what to do.
    """
    program = os.path.basename(sys.argv[0]) if sys.argv else ''
    # What `python -m` runs is found after its package is imported.
    module = program == '-m' and COMMAND_LINE in sys.orig_argv
    return module or program in ('adacode', 'adacode.exe')


if not _is_command_line():
    from . import registration  # noqa: F401
