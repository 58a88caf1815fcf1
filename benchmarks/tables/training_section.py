"""The trainings of the small-scale experiment as a table."""

from collections.abc import Sequence
from pathlib import Path

from .markdown_lines import markdown_rows
from .provenance import provenances

ROOT = Path(__file__).parents[2]
COMMAND = 'python -m benchmarks.small_scale.reproduce'


def training_section(trainings: Sequence[tuple[str, dict]]) -> str:
    """What was trained, for how long, and where it ended.

    Args:
        trainings: (name, record) of `benchmarks.small_scale.reproduce`; others
            are left out.

    Returns:
        Markdown; empty if there is none.
    """
    known = [(name, each) for name, each in trainings if _is_training(each)]
    if not known:
        return ''
    rows = [
        [
            _linked(name, record['config']),
            str(record['iterations']),
            str(record['batch_size']),
            f'{record["hours"]:.2f}',
            _last(record, 'loss_pix', 4),
            _last(record, 'val/PSNR', 2),
            _codes(record, 'perplexity'),
            _codes(record, 'dead_codes'),
        ]
        for name, record in known
    ]
    heads = [
        'training',
        'steps',
        'batch',
        'hours',
        'L1',
        'PSNR in validation',
        'perplexity',
        'dead codes',
    ]
    records = [{**record, 'command': COMMAND} for _, record in known]
    return '\n'.join(
        [
            'L1 on the patches that are trained on, and, of each codebook, '
            'perplexity and share of dead codes: the last values that were '
            'logged.',
            '',
            *markdown_rows(heads, rows),
            '',
            *provenances(records),
            '',
        ]
    )


def _linked(name, config):
    """A config that other trainings have taken the place of has no link."""
    return f'[{name}](../{config})' if (ROOT / config).is_file() else name


def _is_training(record):
    return isinstance(record, dict) and {
        'config',
        'iterations',
        'batch_size',
        'hours',
        'curves',
    } <= set(record)


def _last(record, key, digits):
    curve = record['curves'].get(key)
    return f'{curve[-1][1]:.{digits}f}' if curve else '-'


def _codes(record, what):
    """Last value of each codebook, in their order."""
    names = sorted(
        (name for name in record['curves'] if name.endswith(f'/{what}')),
        key=lambda name: (len(name), name),
    )
    return (
        ', '.join(f'{record["curves"][name][-1][1]:.3g}' for name in names)
        or '-'
    )
