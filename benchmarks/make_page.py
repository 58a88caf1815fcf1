"""Write docs/benchmarks.md, and scores into the card of the packaged weights.

Both are made of benchmarks/records alone. In the card are the tables that
`make_tables` has measured with the very files of the package.
"""

import argparse
import json
import math
from collections.abc import Callable, Container, Sequence
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import pandas as pd

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from benchmarks.records import ROOT, provenances, run_main
from benchmarks.tables.markdown import markdown_table, to_markdown

HEAD = """# Benchmarks

Written by `python -m benchmarks.make_page` from the records in
`benchmarks/records`, never by hand. Below each table stand the machine, the
commit and the command; `-dirty` is a commit with changes. Commands are those
of their time: early records name tools that are `benchmarks.*` now.
[Tables](tables.md) says how to measure again.
"""
BEGIN = '<!-- scores: written by benchmarks.make_page -->'
END = '<!-- end of the scores -->'
REPRODUCE = 'python -m benchmarks.small_scale.reproduce'
KEPT = {
    'both': 'codes and weights',
    'weights': 'weights; each code is the mean over the image',
    'codes': 'codes; each weight is the mean over the image',
}


def startup(records: Sequence[dict]) -> str:
    """CPU seconds and memory until a command has done its work."""
    rows = [
        (
            f'`{name}`',
            f'{run["cpu_seconds"]:.2f}',
            f'{run["wall_seconds"]:.2f}',
            f'{run["peak_mib"]:.0f}',
        )
        for name, run in records[-1]['runs'].items()
    ]
    heads = 'what|CPU seconds|wall seconds|peak MiB'
    return _section(heads, rows, records[-1:])


def inference(records: Sequence[dict]) -> str:
    """Seconds of a network, as it was released and as it is run here."""
    rows = []
    for record in records:
        height, width = record['size']
        first = next(iter(record['ways'].values()))['wall_seconds']
        rows += [
            (
                f'{_name(record)}, {width}x{height}, {name}',
                f'{way["wall_seconds"]:.2f}',
                f'{first / way["wall_seconds"]:.2f}',
                f'{way["peak_mib"]["all"]:.0f}',
                f'{way["psnr"]:.1f} dB' if way['psnr'] else 'equal',
            )
            for name, way in record['ways'].items()
        ]
    heads = 'network, input, way|seconds|times as fast as the first way|'
    return _section(f'{heads}peak MiB|PSNR to it', rows, records)


def training_step(records: Sequence[dict]) -> str:
    """Seconds of a training step beside the release's; last of each."""
    latest = {
        (each['config'], each['batch_size'], each['device']): each
        for each in records
    }
    rows = [
        (
            f'{_name(record)}, batch {record["batch_size"]}, {name}',
            f'{side["wall_seconds"]:.2f}',
            f'{side["cpu_seconds"]:.2f}',
            f'{side["peak_memory_mib"]:.0f}',
        )
        for record in latest.values()
        for name, side in record['sides'].items()
    ]
    heads = 'config, side|seconds a step|CPU seconds|peak MiB'
    return _section(heads, rows, list(latest.values()))


def degradation(records: Sequence[dict]) -> str:
    """Milliseconds of a degraded image; some records have other sides.

    `reference` is the release's way, `samples_per_s` a training loader.
    """
    chains, loaders = [], []
    for record in records:
        if 'chain' in record:
            name = f'{record["chain"]} x{record["scale"]}, {record["size"]} px'
            theirs = record.get('reference', {}).get('mean_ms', math.nan)
            numbers = [record['this']['mean_ms'], theirs]
            numbers.append(theirs / numbers[0])
            texts = [f'{number:.2f}' for number in numbers]
            chains.append([name, *(x.replace('nan', '-') for x in texts)])
        else:
            name = f'{_name(record)}, {record["workers"]} workers'
            rate, cost = record['samples_per_s'], record['cpu_ms_per_sample']
            loaders.append([name, f'{rate:.0f}', f'{cost:.2f}'])
    heads = "chain|ms an image|ms, the release's way|times as fast"
    if not loaders:
        return _section(heads, chains, records)
    more = 'data loader of|samples a second|CPU ms a sample'
    tables = _table(heads, chains) + '\n\n' if chains else ''
    return tables + _section(more, loaders, records)


def memory(records: Sequence[dict]) -> str:
    """Memory of a large image in strips."""
    rows = [
        (
            f'{_name(each)}, {each["output"]}, tile {each["tile"]}',
            f'{each["peak_gib"]:.2f}',
            f'{each["before_gib"]:.2f}',
            f'{each["whole_estimate_gib"]:.2f}',
            f'{each["cpu_seconds"]:.0f}',
        )
        for each in records
    ]
    heads = 'network, output|peak GiB of the process|before the image|'
    heads += 'estimate for one pass|CPU seconds'
    return _section(heads, rows, records)


def codes_and_weights(record: dict) -> str:
    """What an image loses without its codes, or its weights."""
    scores = record['psnr_bt601'].items()
    rows = [(KEPT[kept], f'{psnr:.2f}') for kept, psnr in scores]
    return (
        f'Reconstruction of {record["set"]} ({record["images"]} images) by '
        f'stage II of the small-scale experiment.\n\n'
        f'{_section("kept|PSNR (bt601), dB", rows, [record])}'
    )


def trainings(records: dict[str, dict]) -> str:
    """What was trained, for how long, and where it ended."""
    rows = [
        (
            _linked(name, record['config']),
            str(record['iterations']),
            str(record['batch_size']),
            f'{record["hours"]:.2f}',
            _last(record, 'loss_pix', '.4f'),
            _last(record, 'val/PSNR', '.2f'),
            _last(record, '/perplexity', '.3g'),
            _last(record, '/dead_codes', '.3g'),
        )
        for name, record in records.items()
    ]
    heads = 'training|steps|batch|hours|L1|PSNR in validation|perplexity|'
    known = [{**each, 'command': REPRODUCE} for each in records.values()]
    return (
        'L1 on the patches that are trained on, and, of each codebook, '
        'perplexity and share of dead codes: the last values that were '
        f'logged.\n\n{_section(f"{heads}dead codes", rows, known)}'
    )


# Name of the file -> heading and what to make of it.
SECTIONS: dict[str, tuple[str, Callable]] = {
    'codes_and_weights': (
        'What goes through the codes, and what through the weights',
        codes_and_weights,
    ),
    'startup': ('Start-up', startup),
    'infer': ('Speed of inference', inference),
    'train_step': ('Speed of a training step', training_step),
    'degradation': ('Speed of the degradation', degradation),
    'memory': ('Memory of inference', memory),
}


def benchmark_page(folder: Path) -> str:
    """The page, the same for the same records.

    Args:
        folder: `benchmarks/records`.

    Raises:
        InputError: If a file is no record of its kind.
    """
    parts = [HEAD.strip()]
    paths = sorted((folder / 'tables').glob('*.json'))
    if paths:
        parts.append('## Scores')
        parts += [
            _made(lambda each: markdown_table(each, 3, False).strip(), path)
            for path in paths
        ]
    paths = sorted((folder / 'small_scale').glob('*.json'))
    if paths:
        parts.append('## Trainings of the small-scale experiment')
        records = {path.stem: _made(dict, path) for path in paths}
        parts.append(trainings(records))
    for name, (title, section) in SECTIONS.items():
        path = folder / f'{name}.json'
        if path.is_file():
            parts += [f'## {title}', _made(section, path)]
    return '\n\n'.join(parts) + '\n'


def _made(section, path):
    try:
        return section(json.loads(path.read_text(encoding='utf-8')))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f'{path} is not a record as its benchmark writes it ({error!r}): '
            f'measure it again.'
        ) from error


def _linked(name, config):
    """A config that other trainings have taken the place of has no link."""
    return f'[{name}](../{config})' if (ROOT / config).is_file() else name


def _table(heads, rows):
    return to_markdown(pd.DataFrame(rows, columns=heads.split('|')))


def _section(heads, rows, records):
    return f'{_table(heads, rows)}\n\n{provenances(records)}'


def _name(record):
    config = record['config'].removeprefix('configs/').removesuffix('.py')
    return f'`{config}`'


def _last(record, ending, form):
    """Last value of each curve with this ending, codebooks in order."""
    names = sorted(
        (name for name in record['curves'] if name.endswith(ending)),
        key=lambda name: (len(name), name),
    )
    values = [format(record['curves'][x][-1][1], form) for x in names]
    return ', '.join(values) or '-'


def model_card(card: str, hashes: Container[str], tables: Path) -> str:
    """A card with the tables about these files between its two marks.

    Args:
        card: Its text.
        hashes: SHA-256 of the files: they are in the tables.
        tables: Folder of records.

    Raises:
        InputError: If the card has not both marks, once and in order.
    """
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in after:
        raise InputError(
            f'A model card must have one line {BEGIN!r} and after it one '
            f'line {END!r}: put them where the scores belong.'
        )
    records = [_made(dict, path) for path in sorted(tables.glob('*.json'))]
    texts = [
        markdown_table(record, 3, differences=False)
        for record in records
        if any(x.get('sha256') in hashes for x in record['models'].values())
    ]
    scores = '\n'.join(texts) or 'Not measured yet.\n'
    return f'{before}{BEGIN}\n\n{scores}\n{END}{after}'


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--records', type=Path, default=ROOT / 'benchmarks/records')
    add('--out', type=Path, default=ROOT / 'docs/benchmarks.md')
    add('--weights', type=Path, default=ROOT / 'adacode_mm/weights')
    args = parser.parse_args(argv)
    write_atomically(args.out, benchmark_page(args.records))
    hashes = (args.weights / 'SHA256SUMS').read_text().split()[::2]
    card = args.weights / 'README.md'
    text = card.read_text(encoding='utf-8')
    write_atomically(card, model_card(text, hashes, args.records / 'tables'))
    print(f'Written to {args.out} and {card}')


if __name__ == '__main__':
    run_main(main)
