"""Write the measured scores of the packaged weights into their model card.

Only tables that `make_tables.py` has measured with the very files of the
package count: their hashes are in the tables.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from benchmarks.tables.markdown_table import markdown_table

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / 'adacode_mm' / 'weights'
TABLES = ROOT / 'benchmarks/records/tables'
BEGIN = '<!-- scores: written by benchmarks.small_scale.model_card -->'
END = '<!-- end of the scores -->'
NOTHING = 'Not measured yet.'


def main(argv: Sequence[str] | None = None) -> None:
    """Renew the card of a folder of weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--weights', type=Path, default=WEIGHTS, help='default: the package'
    )
    parser.add_argument(
        '--tables', type=Path, default=TABLES, help='default: %(default)s'
    )
    args = parser.parse_args(argv)
    records, others = measured(args.weights, args.tables)
    card = args.weights / 'README.md'
    text = filled(card.read_text(encoding='utf-8'), records)
    write_atomically(card, text)
    for path in others:
        print(f'left out, as it is about other files: {path}')
    print(f'{len(records)} tables written to {card}')


def measured(weights: Path, tables: Path) -> tuple[list[dict], list[Path]]:
    """Tables about the files of a folder, and those about others.

    Args:
        weights: With `SHA256SUMS`; without it, no table is about them.
        tables: With JSON of `make_tables.py`.
    """
    sums = weights / 'SHA256SUMS'
    hashes = set()
    if sums.is_file():
        lines = sums.read_text(encoding='utf-8').splitlines()
        hashes = {line.split()[0] for line in lines}
    records, others = [], []
    for path in sorted(tables.glob('*.json')):
        record = json.loads(path.read_text(encoding='utf-8'))
        models = record['models'].values()
        if hashes & {each.get('sha256') for each in models}:
            records.append(record)
        else:
            others.append(path)
    return records, others


def filled(card: str, records: Sequence[dict]) -> str:
    """The card with these tables between its two marks.

    Raises:
        InputError: If the card has not both marks, once and in order.
    """
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in after:
        raise InputError(
            f'The model card must have one line {BEGIN!r} and after it one '
            f'line {END!r}, but it has not: put them where the scores belong.'
        )
    texts = [
        markdown_table(record, 3, differences=False) for record in records
    ]
    scores = '\n'.join(texts) or f'{NOTHING}\n'
    return f'{before}{BEGIN}\n\n{scores}\n{END}{after}'


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
