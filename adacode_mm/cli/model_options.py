"""Which model, where and how: the options that commands share."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.places import FileIdentity

if TYPE_CHECKING:
    from adacode_mm.models.traits import Codes
    from adacode_mm.restoring.restorer import Restorer

DTYPES = ('float32', 'bfloat16', 'float16')
SHORT_DTYPES = {'fp32': 'float32', 'bf16': 'bfloat16', 'fp16': 'float16'}
TILES = ('auto', 'whole', 'exact', 'feathered', 'released')
PADDINGS = ('released', 'minimal')
SCALES = (2, 4)  # of the models in the package
DEFAULT_SCALE = 4


def add_model_options(
    parser: argparse.ArgumentParser,
    default: str | None = None,
    fidelity: bool = True,
) -> None:
    """Add `--model --device --dtype --tile --padding --fidelity --compile`.

    Args:
        parser: Of the command.
        default: Name of the model that `--model` stands for where it is not
            given; without it, `restorer_from` chooses by task and scale.
        fidelity: Whether `--fidelity` is among them: it is for one model.
    """
    group = parser.add_argument_group('model')
    said = f' (default: {default})' if default else ''
    group.add_argument(
        '--model',
        metavar='NAME_OR_FILE',
        default=default,
        help='model by its name: of this package (adacode-tiny-x4) or fetched '
        'once (adacode-x4); a file: released, converted or a checkpoint of '
        'a training; or its work directory. With spandrel installed, also '
        f'files such as realesrgan-x4plus.pth{said}',
    )
    group.add_argument(
        '--device',
        default='auto',
        help='cpu, cuda or cuda:1 (default: cuda if there is one)',
    )
    group.add_argument(
        '--dtype',
        type=lambda name: SHORT_DTYPES.get(name, name),
        choices=DTYPES,
        default='float32',
        help='numbers to compute with, also fp32, bf16, fp16 (default: '
        '%(default)s)',
    )
    group.add_argument(
        '--tile',
        type=_tile,
        default='auto',
        metavar='{auto,whole,exact,feathered,released,N}',
        help='bound the memory: exact (the same image as whole; N sets the '
        'rows of a strip), feathered (overlapping tiles, for networks '
        'without exact strips), released (the published rule, with seams), '
        'or auto, whole where the memory suffices (default: %(default)s)',
    )
    group.add_argument(
        '--padding',
        choices=PADDINGS,
        default='released',
        help='how the border is padded: as published, or as little as the '
        'network needs (default: %(default)s)',
    )
    if fidelity:
        group.add_argument(
            '--fidelity',
            type=float,
            metavar='W',
            help='0 to 1, for networks that were trained with it: 1 is as '
            'close to the given image as they come, 0 what the codes alone '
            'show (default: that of the network)',
        )
    group.add_argument(
        '--compile',
        action='store_true',
        help='compile the network: slow to start, for many images of a size',
    )


def restorer_from(
    args: argparse.Namespace,
    task: str | None = None,
    scale: int | None = None,
    **options: Any,
) -> 'Restorer':
    """The restorer that the options of `add_model_options` ask for.

    Args:
        args: With those options.
        task: 'sr', 'inpaint' or 'reconstruct', which the model must be for;
            None takes any.
        scale: Which the model must have; None takes any.
        options: More options of `Restorer`.

    Raises:
        InputError: If there is no such model, or it is for another task or
            has another scale.
    """
    # Here, since it imports PyTorch and MMagic.
    from adacode_mm.restoring.restorer import Restorer

    name = args.model or default_model(task, scale)
    restorer = Restorer.from_pretrained(
        name,
        device=_device_of_process(args.device),
        dtype=args.dtype,
        tile=args.tile,
        padding=args.padding,
        compile=args.compile,
        fidelity=args.fidelity,
        **options,
    )
    if restorer.info.origin:
        print(f'{name}: {restorer.info.origin}', file=sys.stderr)
    if task is not None and restorer.task != task:
        raise InputError(
            f'Expected a model for "adacode {task}", but {name} is for '
            f'"adacode {restorer.task}": use that command or another --model.'
        )
    if scale is not None and restorer.scale != scale:
        raise InputError(
            f'Expected a model of scale {scale}, but {name} has scale '
            f'{restorer.scale}: give --scale {restorer.scale} or another '
            '--model.'
        )
    return restorer


def codes_of(restorer: 'Restorer', name: str) -> 'Codes':
    """The codes of a model that is asked to show them.

    Raises:
        InputError: If it has none.
    """
    if restorer.codes is None:
        raise InputError(
            f'Expected a model with codebooks, but {name} '
            f'({restorer.info.architecture}) has none: take one of AdaCode, '
            'FeMaSR or VQGAN.'
        )
    return restorer.codes


def codebook_names_of(
    args: argparse.Namespace, restorer: 'Restorer'
) -> Sequence[str] | None:
    """Names by `--names`, or those that the file of the model states."""
    if args.names:
        return args.names.split(',')
    return restorer.info.codebooks


def model_identity(
    args: argparse.Namespace,
    task: str | None = None,
    scale: int | None = None,
) -> str:
    """What tells the model that the options ask for from all others.

    Args:
        args: As of `restorer_from`, and so on.
        task: As there.
        scale: As there.

    Returns:
        The beginning of the hash of its file.
    """
    from adacode_mm.checkpoints.pretrained import find_model_file

    name = args.model or default_model(task, scale)
    return FileIdentity.of(find_model_file(name)).sha256[:16]


def default_model(task: str | None, scale: int | None = None) -> str:
    """Name of the model for a task: one of the package where it has one.

    Raises:
        InputError: If the package has none for that task.
    """
    if task == 'inpaint':
        return 'adacode-tiny-inpaint'
    if task == 'reconstruct':
        return 'adacode-stage2'  # fetched: the package has none
    if task == 'restore':
        raise InputError(
            'Expected --model for "adacode restore", since the package has '
            'none for it: name a file or a work directory.'
        )
    return f'adacode-tiny-x{scale or DEFAULT_SCALE}'


def _tile(text):
    if text in TILES:
        return text
    try:
        rows = int(text)
    except ValueError:
        rows = 0
    if rows < 1:
        raise argparse.ArgumentTypeError(
            f'expected {", ".join(TILES)} or a positive number, got {text!r}'
        )
    return rows


def _device_of_process(device):
    """The GPU of this process, where torchrun has started one for each."""
    if device not in ('auto', 'cuda') or 'LOCAL_RANK' not in os.environ:
        return device
    import torch

    count = torch.cuda.device_count()
    if not count:
        return device
    return f'cuda:{int(os.environ["LOCAL_RANK"]) % count}'
