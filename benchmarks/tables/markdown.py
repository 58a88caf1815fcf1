"""A table as Markdown: scores, the best in bold, and how they were found."""

import math

import pandas as pd
from matplotlib.figure import Figure

from benchmarks.records import provenances

NOTHING = '-'
# Digits after the point.
DIGITS = {'PSNR': 3, 'Hole-PSNR': 3, 'NIQE': 3, 'FID': 3}
TITLES = {
    'sr': 'Super-resolution x{scale}',
    'reconstruct': 'Reconstruction',
    'inpaint': 'Inpainting',
    'ablation': 'Reconstruction by the number of codebooks',
}


def to_markdown(frame: pd.DataFrame) -> str:
    """A frame of texts, the first column to the left, others to the right."""
    alignment = ['left', *['right'] * (frame.shape[1] - 1)]
    return frame.to_markdown(
        index=False, disable_numparse=True, colalign=alignment
    )


def image_scores(record: dict) -> pd.DataFrame:
    """Score of every image: index set, model, image; a column each."""
    frame = pd.DataFrame.from_dict(
        {
            (row['set'], row['model'], image): scores
            for row in record['rows']
            for image, scores in row['images'].items()
        },
        orient='index',
    )
    frame.index = pd.MultiIndex.from_tuples(
        frame.index, names=['set', 'model', 'image']
    )
    return frame.astype(float)  # JSON has 'inf' as text and NaN as null


def markdown_table(
    record: dict, level: int = 1, differences: bool = True
) -> str:
    """All about a table.

    Args:
        record: As JSON holds it.
        level: Of the heading.
        differences: Also how much each model differs from the first one.
    """
    intro = f'Input: {record["inputs"]}.'
    if record['inputs'].startswith(('bsrgan', 'strokes')):
        intro += f' Seed {record["seed"]}.'
    intro += ' Means over the images of a set; the best are bold.'
    parts = [f'{"#" * level} {title_of(record)}', intro]
    for found in record['sets']:
        title = f'{found["name"]}, {found["images"]} images'
        if found.get('hole_share') is not None:
            title += f', {found["hole_share"]:.0%} of the pixels in holes'
        parts += [f'**{title}**', scores_table(record, found['name'])]
        if differences and len(record['models']) > 1:
            parts += [
                'Differences image by image: mean ± standard error, and on '
                'how many images the model is the better one.',
                differences_table(record, found['name']),
            ]
    return '\n\n'.join([*parts, _notes(record)]) + '\n'


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
    rows = [row for row in record['rows'] if row['set'] == set_name]
    table = pd.DataFrame({'model': [_escaped(row['model']) for row in rows]})
    if record['table'] == 'ablation':
        books = [record['models'][row['model']]['codebooks'] for row in rows]
        table['codebooks'] = [
            f'{len(sizes)}: {"+".join(map(str, sizes))}' for sizes in books
        ]
    for column in record['columns']:
        name, key = column['name'], column['key']
        means = pd.Series([number(row['means'].get(key)) for row in rows])
        best = means.max() if column['higher_is_better'] else means.min()
        best = shown(best, name) if len(rows) > 1 else None
        table[title(column)] = [
            f'**{text}**' if text == best != NOTHING else text
            for text in (shown(mean, name) for mean in means)
        ]
    table['s/image'] = [
        NOTHING if row['seconds'] is None else f'{row["seconds"]:.3g}'
        for row in rows
    ]
    paper = []
    for row in record['paper']:
        if row['set'] == set_name:
            line = {'model': f'*{_escaped(row["model"])}*'}
            for column in record['columns']:
                if column['key'] in row['means']:
                    mean = row['means'][column['key']]
                    line[title(column)] = f'*{shown(mean, column["name"])}*'
            paper.append(line)
    return to_markdown(pd.concat([table, pd.DataFrame(paper)]).fillna(NOTHING))


def differences_table(record: dict, set_name: str) -> str:
    """How much each model scores more than the first, image by image."""
    scores = image_scores(record).loc[set_name]
    first, *others = [
        row['model'] for row in record['rows'] if row['set'] == set_name
    ]
    lines = []
    for model in others:
        apart = scores.loc[model] - scores.loc[first]
        apart = apart.where(apart.abs() < math.inf)
        line = {f'minus {_escaped(first)}': _escaped(model)}
        for column in record['columns']:
            name, key = column['name'], column['key']
            if key not in apart or apart[key].count() < 2:
                line[title(column)] = NOTHING
                continue
            sign = 1 if column['higher_is_better'] else -1
            digits = DIGITS.get(name, 4)
            line[title(column)] = (
                f'{apart[key].mean():+.{digits}f} ± '
                f'{apart[key].sem():.{digits}f}, '
                f'{(sign * apart[key] > 0).sum()}/{apart[key].count()}'
            )
        lines.append(line)
    return to_markdown(pd.DataFrame(lines))


def draw_means(record: dict) -> Figure:
    """A panel for each score that was measured; sets are colours."""
    means = pd.DataFrame.from_dict(
        {
            (row['model'], row['set']): {
                title(column): number(row['means'].get(column['key']))
                for column in record['columns']
            }
            for row in record['rows']
        },
        orient='index',
    ).dropna(axis=1, how='all')
    panels = means.shape[1]
    figure = Figure((4.2 * panels, 2 + 0.3 * len(means)), layout='constrained')
    figure.suptitle(title_of(record))
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for place, name in zip(axes, means, strict=True):
        table = means[name].unstack(sort=False)
        table.plot(ax=place, kind='line', style='o-', legend=place is axes[0])
        place.set(title=name, xticks=range(len(table)))
        place.set_xticklabels(table.index, rotation=30, ha='right')
    return figure


def title(column: dict) -> str:
    """Name of a score, its protocol and where it is better."""
    arrow = '↑' if column['higher_is_better'] else '↓'
    protocol = f' ({column["protocol"]})' if column['protocol'] else ''
    return f'{column["name"]}{protocol} {arrow}'


def shown(value: float | str | None, name: str) -> str:
    """A score with its digits."""
    if math.isnan(number(value)):
        return NOTHING
    return f'{number(value):.{DIGITS.get(name, 4)}f}'


def number(value: float | str | None) -> float:
    """A score as JSON keeps it: null is no number, 'inf' is infinite."""
    return math.nan if value is None else float(value)


def _escaped(text):
    return text.replace('|', '\\|')


def _notes(record):
    notes = [
        f'- Protocol `{name}`: {each["title"]}. {each["description"]}'
        for name, each in record['protocols'].items()
    ]
    for sentence in dict.fromkeys(record['missing'].values()):
        keys = [k for k, each in record['missing'].items() if each == sentence]
        notes.append(f'- Missing: {", ".join(keys)}. {sentence}')
    for note in dict.fromkeys(row['note'] for row in record['paper']):
        notes.append(
            f"- In italics what the paper reports, as its authors' script "
            f'measures it (`paper`); {note}.'
        )
    return '\n'.join([*notes, provenances([record])])
