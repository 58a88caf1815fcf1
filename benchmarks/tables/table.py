"""A table: find, check, restore, score, write."""

import importlib.metadata
import io
import json
import math
import re
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, PngImagePlugin
from tqdm import tqdm

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import in_color
from adacode_mm.evaluation.protocols import PROTOCOLS
from adacode_mm.evaluation.scoring import Scorer, mean
from adacode_mm.views.comparison import side_by_side
from benchmarks.records import run_record

from .inputs import InputOptions, Sample, read_sample
from .markdown import draw_means, image_scores, markdown_table
from .models import Baseline, Network, ResultFolder, parse_model
from .paper import paper_rows
from .sets import find_set, find_sets

# Whose versions can change a number.
PACKAGES = (
    'adacode-mm', 'mmagic', 'mmengine', 'numpy', 'opencv-python', 'pillow',
    'pyiqa',
)  # fmt: skip


def make_table(
    args: Namespace, inputs: InputOptions, command: str
) -> tuple[dict, str]:
    """Make a table and write it below `args.out`.

    Everything that can be wrong with data, folders of results and models is
    found before the first image is computed. Restored images are kept, so
    that the same command goes on where it was interrupted.

    Args:
        args: As `make_tables.parse_args` gives them.
        inputs: How the models' inputs are made.
        command: The command line, for the record.

    Returns:
        The table, as it is written to JSON (`docs/tables.md` describes it),
        and the name of the files.

    Raises:
        InputError: If something cannot be used.
        OutputError: If something cannot be written.
    """
    scorer = Scorer(args.protocol, inputs.scale, args.metrics)
    sets = []
    for name, folder in find_sets(args.data, args.sets):
        found = find_set(name, folder, inputs.scale, inputs.given_folder)
        sets.append(found._replace(images=found.images[: args.limit]))
    read_sample(sets[0].name, sets[0].images[0], inputs)
    models = _models(args, inputs, sets)
    place = f'{inputs.task}_x{inputs.scale}_{inputs.source}'
    rows, facts = [], []
    total = sum(len(each.images) for each in sets) * len(models)
    with tqdm(total=total, unit='image') as bar:
        for each in sets:
            kept: dict[str, dict] = {}
            for model in models:
                bar.set_description(f'{each.name} {model.label}')
                images, seconds, shares = {}, [], []
                for image in each.images:
                    sample = read_sample(each.name, image, inputs)
                    result = _restored(args, place, model, sample)
                    images[image.name] = scorer.score(
                        result[0], sample.truth, sample.mask
                    )
                    seconds.append(result[1])
                    if len(images) <= args.pictures:
                        start = {'input': sample.input, 'truth': sample.truth}
                        shown = kept.setdefault(image.name, start)
                        shown[model.label] = result[0]
                    if sample.mask is not None:
                        shares.append(float(sample.mask.mean()))
                    if args.save_inputs:
                        _save_inputs(args.out / 'inputs' / place, sample)
                    bar.update()
                rows.append(_row(each, model, images, scorer, seconds))
            for name, shown in kept.items():
                shown['ground truth'] = shown.pop('truth')
                pictures = {k: in_color(v) for k, v in shown.items()}
                path = args.out / 'pictures' / f'{each.name}_{name}.png'
                _write_png(path, side_by_side(pictures))
            fact = {'name': each.name, 'images': len(each.images)}
            fact['truth'] = each.truth_folder.name
            facts.append(
                fact | ({'hole_share': mean(shares)} if shares else {})
            )
    record = _plain(
        _head(args, inputs, command, models, scorer)
        | {'sets': facts, 'rows': rows}
        | {'paper': _paper(args, inputs, sets, scorer.columns)}
    )
    name = _name(args, inputs)
    _write(record, args, name)
    return record, name


def _models(args, inputs, sets) -> list[Baseline]:
    options = {'device': args.device, 'padding': args.padding}
    if getattr(args, 'no_composite', False):
        options['composite'] = False
    models = [parse_model(text, inputs, options) for text in args.model]
    labels = [model.label for model in models]
    if len(set(labels)) < len(labels) or not models:
        raise InputError(
            f'A table needs models with different labels, got '
            f'{", ".join(labels) or "none"}: name them --model LABEL=SPEC.'
        )
    for model in models:
        if args.table == 'ablation' and not isinstance(model, Network):
            raise InputError(
                f'The ablation counts the codebooks of networks, but '
                f'{model.label} is a {model.kind}: leave it out.'
            )
        model.check(sets)
    if args.table == 'ablation':
        models.sort(key=lambda each: len(each.facts['codebooks']))
    return models


def _restored(args, place, model, sample: Sample) -> tuple:
    """Result and seconds, computed or from an earlier run."""
    if isinstance(model, ResultFolder):
        return model.restore(sample), math.nan
    folder = args.out / 'restored' / place / sample.set_name
    folder /= re.sub(r'[^\w.+-]', '_', model.label)
    path = folder / f'{sample.name}-{model.key(sample)}.png'
    if args.fresh or not path.is_file():
        model.open()
        start = time.perf_counter()
        pixels = model.restore(sample)
        _write_png(path, pixels, time.perf_counter() - start)
    with Image.open(path) as image:
        return np.array(image), float(image.text['seconds'])


def _write_png(path, image, seconds=0.0):
    file, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_text('seconds', repr(seconds))
    Image.fromarray(image).save(file, 'PNG', pnginfo=info)
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, file.getvalue())


def _save_inputs(folder, sample):
    """As PNG, where `given` inputs are looked for, for other programs."""
    scale = len(sample.truth) // len(sample.input)
    pictures = {f'LR_x{scale}' if scale > 1 else 'HR': sample.input}
    if sample.mask is not None:
        mask = np.uint8(sample.mask) * 255
        pictures = {'holes': sample.input, 'masks': mask}
    for kind, pixels in pictures.items():
        path = folder / sample.set_name / kind / f'{sample.name}.png'
        _write_png(path, pixels)


def _row(each, model, images, scorer, seconds):
    scores = pd.DataFrame.from_dict(images, orient='index', dtype=float)
    deviations = scores.std()
    means = {key: mean(scores[key]) for key in scores}
    return {
        'set': each.name,
        'model': model.label,
        'means': {k: v for k, v in means.items() if v is not None}
        | scorer.whole(),
        'deviations': deviations[np.isfinite(deviations)].to_dict(),
        'seconds': mean(seconds),
        'images': images,
    }


def _head(args, inputs, command, models, scorer):
    devices = {model.facts.get('device', 'cpu') for model in models}
    device = 'cuda' if 'cuda' in devices else 'cpu'
    versions = {
        each.metadata['Name']: each.version
        for each in importlib.metadata.distributions()
        if (each.metadata['Name'] or '').lower() in PACKAGES
    }
    home = str(Path.home())  # whoever runs it is nobody's business
    missing = {k: v.replace(home, '~') for k, v in scorer.missing.items()}
    return {
        'table': args.table,
        'scale': inputs.scale,
        'inputs': inputs.description,
        'limit': args.limit,
        **run_record(None, inputs.seed, device),
        'command': command,
        'versions': versions,
        'protocols': {x: PROTOCOLS[x]._asdict() for x in args.protocol},
        'columns': [column._asdict() for column in scorer.columns],
        'missing': missing,
        'models': {model.label: model.facts for model in models},
    }


def _paper(args, inputs, sets, columns):
    if args.table == 'ablation' or args.limit is not None:
        return []
    return [
        row
        for each in sets
        for row in paper_rows(
            inputs.task, inputs.scale, each.name, len(each.images), columns
        )
    ]


def _name(args, inputs):
    name = args.table
    if name == 'sr':
        name += f'_x{inputs.scale}'
    if name not in ('reconstruct', 'ablation'):
        name += f'_{inputs.source}'
    return name if args.limit is None else f'{name}_first{args.limit}'


def _write(record, args, name):
    """JSON, Markdown, CSV and a plot."""
    text = json.dumps(record, indent=1, allow_nan=False) + '\n'
    for folder in filter(None, (args.out, args.record)):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f'{name}.json', text)
    means = pd.DataFrame(
        [
            {'set': row['set'], 'model': row['model'], **row['means']}
            for row in [*record['rows'], *record['paper']]
        ]
    )
    plot = io.BytesIO()
    draw_means(record).savefig(plot, format='png')
    for ending, content in {
        '.md': markdown_table(record),
        '.csv': means.to_csv(index=False),
        '_images.csv': image_scores(record).to_csv(),
        '.png': plot.getvalue(),
    }.items():
        write_atomically(args.out / f'{name}{ending}', content)


def _plain(value):
    """JSON that every reader takes: 'inf' is a string, no number is null.

    Numbers have 7 digits, more than any of them means.
    """
    if isinstance(value, float):
        if math.isfinite(value):
            return float(f'{value:.7g}')
        return None if math.isnan(value) else str(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
