"""A table as Markdown: scores, the best in bold, and how they were found."""

import math

from .markdown_lines import escaped, markdown_rows
from .paired_differences import number, paired_difference
from .provenance import provenance

NOTHING = '-'
# Digits after the point.
DIGITS = {'PSNR': 3, 'Hole-PSNR': 3, 'NIQE': 3, 'FID': 3}
TITLES = {
    'sr': 'Super-resolution x{scale}',
    'reconstruct': 'Reconstruction',
    'inpaint': 'Inpainting',
    'ablation': 'Reconstruction by the number of codebooks',
}


def markdown_table(
    record: dict, level: int = 1, differences: bool = True
) -> str:
    """All about a table.

    Args:
        record: As `table_record` returns it or JSON holds it.
        level: Of the heading.
        differences: Also how much each model differs from the first one.
    """
    parts = [f'{"#" * level} {title_of(record)}', _intro(record)]
    for found in record['sets']:
        parts.append(f'**{_set_title(found)}**')
        parts.append(scores_table(record, found['name']))
        if differences and len(record['models']) > 1:
            text = _differences(record, found['name'])
            if text:
                parts.append(text)
    parts += _notes(record)
    return '\n\n'.join(parts) + '\n'


def title_of(record: dict) -> str:
    """Heading of a table."""
    title = TITLES[record['table']].format(scale=record['scale'])
    if record['table'] == 'sr':
        title += f', {record["inputs"].partition(":")[0]} input'
    if record['limit'] is not None:
        title += f' (only the first {record["limit"]} images: a quick look)'
    return title


def scores_table(record: dict, set_name: str) -> str:
    """Mean scores of the models on one set, the paper's below."""
    columns = record['columns']
    ablation = record['table'] == 'ablation'
    rows = [row for row in record['rows'] if row['set'] == set_name]
    best = {column['key']: _best(rows, column) for column in columns}
    heads = ['model', *map(column_title, columns), 's/image']
    if ablation:
        heads.insert(1, 'codebooks')
    lines = []
    for row in rows:
        cells = [escaped(row['model'])]
        if ablation:
            sizes = record['models'][row['model']]['codebooks']
            cells.append(f'{len(sizes)}: {"+".join(map(str, sizes))}')
        for column in columns:
            value = row['means'].get(column['key'])
            text = shown(value, column['name'])
            is_best = len(rows) > 1 and value is not None
            is_best &= text == best[column['key']]
            cells.append(f'**{text}**' if is_best else text)
        lines.append([*cells, _seconds(row['seconds'])])
    for row in record['paper']:
        if row['set'] != set_name:
            continue
        cells = [f'*{escaped(row["model"])}*']
        for column in columns:
            text = shown(row['means'].get(column['key']), column['name'])
            cells.append(text if text == NOTHING else f'*{text}*')
        lines.append([*cells, NOTHING])
    return '\n'.join(markdown_rows(heads, lines))


def column_title(column: dict) -> str:
    """Name of a score, its protocol and where it is better."""
    arrow = '↑' if column['higher_is_better'] else '↓'
    protocol = f' ({column["protocol"]})' if column['protocol'] else ''
    return f'{column["name"]}{protocol} {arrow}'


def shown(value: float | str | None, name: str) -> str:
    """A score with its digits."""
    if value is None or math.isnan(number(value)):
        return NOTHING
    return f'{number(value):.{DIGITS.get(name, 4)}f}'


def _best(rows, column):
    values = [number(row['means'].get(column['key'])) for row in rows]
    values = [value for value in values if not math.isnan(value)]
    if not values:
        return None
    choose = max if column['higher_is_better'] else min
    return shown(choose(values), column['name'])


def _intro(record):
    lines = [f'Input: {record["inputs"]}.']
    if record['inputs'].startswith(('bsrgan', 'strokes')):
        lines.append(f'Seed {record["seed"]}.')
    lines.append('Means over the images of a set; the best are bold.')
    return ' '.join(lines)


def _set_title(found):
    count = found['images']
    title = f'{found["name"]}, {count} image{"" if count == 1 else "s"}'
    if 'hole_share' in found:
        title += f', {found["hole_share"]:.0%} of the pixels in holes'
    return title


def _differences(record, set_name):
    rows = [row for row in record['rows'] if row['set'] == set_name]
    first, *others = rows
    columns = [
        column
        for column in record['columns']
        if column['key'] in first['means']
    ]
    lines = []
    for row in others:
        cells = [escaped(row['model'])]
        for column in columns:
            found = paired_difference(
                row, first, column['key'], column['higher_is_better']
            )
            if found is None:
                cells.append(NOTHING)
                continue
            digits = DIGITS.get(column['name'], 4)
            cells.append(
                f'{found.mean:+.{digits}f} ± {found.error:.{digits}f}, '
                f'{found.better}/{found.images}'
            )
        if set(cells[1:]) != {NOTHING}:
            lines.append(cells)
    if not lines:
        return ''
    heads = [
        f'minus {escaped(first["model"])}',
        *map(column_title, columns),
    ]
    return '\n'.join(
        [
            'Differences image by image: mean ± standard error, and on how '
            'many images the model is the better one.',
            '',
            *markdown_rows(heads, lines),
        ]
    )


def _notes(record):
    notes = [
        f'- Protocol `{name}`: {each["title"]}. {each["description"]}'
        for name, each in record['protocols'].items()
    ]
    for sentence, keys in _by_sentence(record['missing']).items():
        notes.append(f'- Missing: {", ".join(keys)}. {sentence}')
    for note in dict.fromkeys(row['note'] for row in record['paper']):
        notes.append(
            f"- In italics what the paper reports, as its authors' script "
            f'measures it (`paper`); {note}.'
        )
    notes.append(f'- {provenance(record)}')
    if record.get('command'):
        notes.append(f'- `{record["command"]}`')
    return ['\n'.join(notes)]


def _by_sentence(missing):
    """One sentence for all columns that lack the same file."""
    found = {}
    for key, sentence in missing.items():
        found.setdefault(sentence, []).append(key)
    return found


def _seconds(value):
    return NOTHING if value is None else f'{value:.3g}'
