# PYTHON_ARGCOMPLETE_OK
"""`adacode COMMAND ...`: finds the command and turns errors into sentences.

Also `python -m adacode_mm.cli.main`, which torchrun wants.
"""

import argparse
import atexit
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from adacode_mm.core.exceptions import InputError
from adacode_mm.version import __version__

COMMANDS = (
    'sr',
    'inpaint',
    'reconstruct',
    'restore',
    'video',
    'models',
    'evaluate',
    'config',
    'weights',
    'codebook',
    'convert',
    'export',
    'web',
)
UNUSABLE = 2  # what argparse, too, answers to arguments it cannot use
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the name of the program; by default, those of
            the process.

    Returns:
        The exit code: 0 if all is well, 1 if a part of the work failed, 2 if
        nothing could start, 130 after Ctrl-C.

    Raises:
        SystemExit: As argparse does, after `--help` (0) and for arguments
            that it does not understand (2).
    """
    if '_ARGCOMPLETE' in os.environ:  # the shell asks what could come next
        import argcomplete

        argcomplete.autocomplete(_everything())
    argv = list(sys.argv[1:] if argv is None else argv)
    if not argv or argv[0] not in COMMANDS:
        parser = _overview()
        parser.parse_args(argv)  # --help, --version or a wrong command
        parser.print_help(sys.stderr)
        return UNUSABLE
    name = argv[0]
    command = _module(name)
    parser = argparse.ArgumentParser(
        prog=f'adacode {name}',
        description=command.SUMMARY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=getattr(command, 'EXAMPLES', None),
    )
    command.add_arguments(parser)
    return _run(command, parser.parse_args(argv[1:]), parser.prog)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f'adacode_mm.cli.{name}')


def _overview() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='adacode',
        description='Restore images with AdaCode.',
        epilog='"adacode COMMAND --help" lists the options of a command.',
    )
    parser.add_argument(
        '--version', action='version', version=f'adacode_mm {__version__}'
    )
    commands = parser.add_subparsers(metavar='COMMAND', title='commands')
    for name in COMMANDS:
        commands.add_parser(name, help=_module(name).SUMMARY)
    return parser


def _everything() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='adacode')
    commands = parser.add_subparsers()
    for name in COMMANDS:
        _module(name).add_arguments(commands.add_parser(name))
    return parser


def _run(command, args, program):
    # Python's last collection would look at all of MMagic and PyTorch: seconds
    # for memory that the system takes back anyway.
    atexit.register(gc.freeze)
    try:
        return command.run(args)
    except InputError as error:
        return _say(program, f'error: {error}', UNUSABLE)
    except KeyboardInterrupt:
        return _say(program, 'interrupted.', INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our lines has closed, as `head` does. Python would
        # complain once more when it flushes them at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _say(
            program,
            'error: It needs more memory than there is: close other programs '
            'or choose a smaller image.',
            UNUSABLE,
        )


def _say(program, sentence, code):
    print(f'{program}: {sentence}', file=sys.stderr, flush=True)
    return code


if __name__ == '__main__':
    sys.exit(main())
