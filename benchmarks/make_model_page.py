"""Write docs/models.md from configs/*/metafile.yml."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import yaml

from adacode_mm.checkpoints.pretrained import PRETRAINED
from adacode_mm.core.atomic_files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Models

*Written by `python -m benchmarks.make_model_page` from
`configs/*/metafile.yml`. Do not edit.*

`name` is for `--model` and `Restorer.from_pretrained`; `model_setting` is for
[MMagicInferencer](mmagic.md). Scores are PSNR on BSD100 in dB, beside a
classical method's; [benchmarks.md](benchmarks.md) has the conditions.
"""
COLUMNS = (
    *('name', 'model_setting', 'task', 'trained on'),
    *('scores', 'weights', 'config'),
)


def model_page(root: Path) -> str:
    """Markdown: a table for each collection, in the order of model-index.

    Args:
        root: Folder of `model-index.yml`.
    """
    index = yaml.safe_load((root / 'model-index.yml').read_text())
    return '\n'.join([HEAD, *(_section(root, f) for f in index['Import'])])


def _section(root, file):
    meta = yaml.safe_load((root / file).read_text())
    (collection,) = meta['Collections']
    paper = collection['Paper']
    rows = [_row(root, model) for model in meta['Models']]
    lines = [
        f'## {collection["Name"]}',
        '',
        f'[{paper["Title"]}]({paper["URL"]}), {collection["Year"]}.',
        '',
        '| ' + ' | '.join(COLUMNS) + ' |',
        '|---' * len(COLUMNS) + '|',
        *('| ' + ' | '.join(row) + ' |' for row in rows),
        '',
    ]
    return '\n'.join(lines)


def _row(root, model):
    (result,) = model['Results']
    config = model['Config']
    weights = model.get('Weights')
    name = _known_name(weights)
    return [
        f'`{name}`' if name else '',
        f'`{model["Name"]}`',
        result['Task'],
        result['Dataset'],
        _scores(name),
        _weights(root, weights),
        f'[{Path(config).name}](../{config})',
    ]


def _known_name(weights):
    """The name under which the command line knows a file of weights."""
    if weights is None:
        return ''
    packaged = Path(weights).stem
    for name, source in PRETRAINED.items():
        if getattr(source, 'url', None) == weights or name == packaged:
            return name
    return ''


def _scores(name):
    entry = PRETRAINED.get(name)
    scores = entry.scores if entry else ()
    return '; '.join(
        f'{each.input} {each.psnr:.2f} ({each.other} {each.other_psnr:.2f})'
        for each in scores
    )


def _weights(root, weights):
    if weights is None:
        return 'none published: train it'
    if '://' in weights:
        return f'[download]({weights})'
    size = (root / weights).stat().st_size / 1e6
    return f'in the package, {size:.1f} MB'


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out', type=Path, default=ROOT / 'docs/models.md', metavar='FILE'
    )
    args = parser.parse_args(argv)
    write_atomically(args.out, model_page(ROOT))
    print(f'Written to {args.out}')


if __name__ == '__main__':
    main()
