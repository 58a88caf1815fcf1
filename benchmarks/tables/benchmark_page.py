"""One page of everything that was measured, from the records alone."""

import json
from pathlib import Path

from adacode_mm.core.exceptions import InputError

from .codes_and_weights_section import codes_and_weights
from .markdown_table import markdown_table
from .speed_sections import SECTIONS
from .training_section import training_section

HEAD = """# Benchmarks

Written by `python -m benchmarks.make_page` from the records in
`benchmarks/`, never by hand. Below each table stand the machine, the commit
and the command; `-dirty` is a commit with changes. [Tables](tables.md) says
how to measure again.
"""

OTHERS = {
    'codes_and_weights': (
        'What goes through the codes, and what through the weights',
        codes_and_weights,
    )
}


def benchmark_page(folder: Path) -> str:
    """The page, the same for the same records.

    Args:
        folder: With `tables/*.json` as `make_tables.py` writes them,
            `small_scale/*.json` as the small-scale experiment does, and the
            records of the speed benchmarks.

    Returns:
        Markdown.

    Raises:
        InputError: If a file is no record of its kind.
    """
    parts = [HEAD]
    tables = [
        _with_path(path, lambda record: markdown_table(record, 3, False))
        for path in sorted((folder / 'tables').glob('*.json'))
    ]
    if tables:
        parts += ['## Scores\n', *tables]
    trainings = [
        (path.stem, _read(path))
        for path in sorted((folder / 'small_scale').glob('*.json'))
    ]
    text = training_section(trainings)
    if text:
        parts.append(f'## Trainings of the small-scale experiment\n\n{text}')
    sections = {**OTHERS, **SECTIONS}
    for name, (title, section) in sections.items():
        path = folder / f'{name}.json'
        if path.is_file():
            parts.append(f'## {title}\n\n{_with_path(path, section)}')
    return '\n'.join(parts)


def _with_path(path, make):
    try:
        return make(_read(path))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(
            f'{path} must be a record as its benchmark writes it, but it '
            f'lacks something ({error!r}): measure it again.'
        ) from error


def _read(path):
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise InputError(
            f'{path} must hold JSON, but it does not ({error}): measure it '
            f'again.'
        ) from error
