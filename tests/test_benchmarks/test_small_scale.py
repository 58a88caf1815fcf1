"""The small-scale reproduction, with a stand-in for tools/train.py."""

import json
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.image_patches import CropSettings
from adacode_mm.training.run_config import load_config
from benchmarks.small_scale import patches, plan, reproduce, trainings
from benchmarks.small_scale.curves import write_records
from benchmarks.small_scale.plan import GROUPS, PLAN, Training

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / 'tests/data/photos/astronaut_256.png'
# Logs 2 iterations and leaves the checkpoint of the last; `slow` takes its
# time, `broken` fails once.
STAND_IN = """
import json, pathlib, sys, time
name = pathlib.Path(sys.argv[1]).stem
for option in sys.argv:
    if option.startswith('bases='):
        name += '_' + option[6:].replace(',', '_')
folder = pathlib.Path('work_dirs/small', name)
begun = time.time()
if name == 'slow':
    time.sleep(0.5)
if name == 'broken' and '--resume' not in sys.argv:
    (folder / 'last_checkpoint').write_text('x')
    sys.exit('ValueError: broken')
logs = folder / '20260101_000000/vis_data'
logs.mkdir(parents=True)
rows = [{'loss_pix': 1 / step, 'time': 7.2, 'step': step} for step in (1, 2)]
rows += [{'val/PSNR': 20.5, 'val/time': 1, 'step': 2}]
(logs / 'scalars.json').write_text('\\n'.join(map(json.dumps, rows)) + '\\n')
(folder / 'iter_2.pth').write_text('x')
(folder / 'last_checkpoint').write_text('x')
(folder / 'told.json').write_text(
    json.dumps({'arguments': sys.argv[2:], 'span': [begun, time.time()]})
)
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with four configs, in which `train.py` is a stand-in."""
    (tmp_path / 'tools').mkdir()
    (tmp_path / 'tools/train.py').write_text(STAND_IN)
    configs = tmp_path / 'configs/small'
    configs.mkdir(parents=True)
    for name in ('first', 'slow', 'last', 'broken'):
        (configs / f'{name}.py').write_text(
            "bases = ['a', 'b']\n"
            'train_cfg = dict(max_iters=2)\n'
            'randomness = dict(seed=3)\n'
            'train_dataloader = dict(batch_size=8)\n'
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trainings, 'ROOT', tmp_path)
    monkeypatch.setattr(plan, 'CONFIGS', configs)
    monkeypatch.setattr('benchmarks.records.ROOT', tmp_path)
    sleep = time.sleep
    monkeypatch.setattr(trainings.time, 'sleep', lambda s: sleep(0.02))
    return tmp_path


def told(name):
    path = Path('work_dirs/small', name, 'told.json')
    return json.loads(path.read_text())


def test_trainings_wait_for_what_they_need(checkout):
    todo = (
        Training('last_b', 'last', ('slow', 'first'), ('b',)),
        Training('slow', 'slow'),
        Training('first', 'first'),
    )
    trainings.run_trainings(todo, checkout / 'data', [{}, {}])
    assert all(t.finished() for t in todo)
    spans = {t.name: told(t.name)['span'] for t in todo}
    assert spans['last_b'][0] >= max(spans['slow'][1], spans['first'][1])
    # The two others ran side by side.
    assert spans['first'][0] < spans['slow'][1]
    assert told('last_b')['arguments'] == [
        '--cfg-options',
        f'data_root={checkout}/data',
        'bases=b',
    ]
    # What is finished is not done again.
    before = told('first')
    trainings.run_trainings(todo, checkout / 'data', [{}])
    assert told('first') == before


def test_a_failure_is_told_and_the_next_call_goes_on(checkout):
    todo = (
        Training('broken', 'broken'),
        Training('last', 'last', ('broken',)),
    )
    with pytest.raises(InputError, match=r'code 1 \(ValueError: broken\)'):
        trainings.run_trainings(todo, checkout, [{}])
    assert (
        'ValueError: broken'
        in Path('work_dirs/small/broken/output.txt').read_text()
    )
    assert not Path('work_dirs/small/last').exists()
    trainings.run_trainings(todo, checkout, [{}])
    assert told('broken')['arguments'][0] == '--resume'
    assert todo[1].finished()


def test_what_a_training_starts_from_has_to_be_there(checkout):
    todo = [Training('last', 'last', ('first',))]
    with pytest.raises(InputError, match=r'last .* first'):
        trainings.run_trainings(todo, checkout, [{}])


def test_records_hold_what_was_logged(checkout):
    todo = (Training('first', 'first'), Training('slow', 'slow', (), ('b',)))
    trainings.run_trainings(todo[:1], checkout, [{}])
    write_records(todo, checkout / 'records')
    assert sorted(p.name for p in (checkout / 'records').iterdir()) == [
        'first.json',
        'loss_pix.png',
    ]
    record = json.loads((checkout / 'records/first.json').read_text())
    assert record['curves'] == {
        'loss_pix': [[1, 1.0], [2, 0.5]],
        'val/PSNR': [[2, 20.5]],
    }
    assert (record['iterations'], record['seed']) == (2, 3)
    assert record['bases'] == ['a', 'b']
    assert record['hours'] == pytest.approx(2 * 7.2 / 3600, abs=0.01)
    assert record['config'] == 'configs/small/first.py'


def test_groups_hold_every_patch_once_and_photographs_stay_together(
    tmp_path, monkeypatch
):
    rng = np.random.default_rng(0)
    (tmp_path / 'photographs').mkdir()
    for k in range(21):
        noise = rng.integers(0, 256, (4, 6, 3)).astype(np.uint8)
        image = cv2.resize(noise, (96, 64), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(tmp_path / f'photographs/{k:02d}.png'), image)
    crop_folders(
        [tmp_path / 'photographs'],
        tmp_path / 'patches',
        CropSettings(size=64, stride=64),
        workers=1,
    )
    # Of photographs 0 and 20 come four patches, for five groups.
    with pytest.raises(InputError, match=r'none for group\d_valid.* 20th is'):
        patches.cluster_patches(tmp_path)
    assert not (tmp_path / 'annotations').exists()
    monkeypatch.setattr(patches, 'VALIDATION_EVERY', 2)
    patches.cluster_patches(tmp_path)
    lists = {
        path.stem: path.read_text().split()
        for path in (tmp_path / 'annotations').glob('*.txt')
    }
    for split in ('train', 'valid'):
        grouped = [name for g in GROUPS for name in lists[f'{g}_{split}']]
        assert sorted(grouped) == sorted(lists[split])
    # Two patches of each photograph.
    held_out = [f'{k:02d}' for k in range(0, 21, 2)]
    assert sorted({name[:2] for name in lists['valid']}) == held_out
    assert len(lists['valid']) == 2 * 11
    assert len(lists['train']) == 2 * 10

    def fail(*args):
        raise AssertionError('sorted again')

    monkeypatch.setattr(patches, 'cluster', fail)
    patches.cluster_patches(tmp_path)
    # As many patches, but one of them is another.
    manifest = tmp_path / 'patches/manifest.jsonl'
    text = manifest.read_text()
    digest = json.loads(text.splitlines()[-1])['sha256']
    manifest.write_text(text.replace(digest, '0' * 64))
    with pytest.raises(AssertionError, match='sorted again'):
        patches.cluster_patches(tmp_path)


def test_the_plan_trains_what_its_configs_start_from():
    for training in PLAN:
        path = training.config_file
        options = {'bases': list(training.bases)} if training.bases else None
        cfg = load_config(path, cfg_options=options)
        assert cfg.work_dir == str(training.folder)
        needed = []
        for source in cfg.model.get('init_cfg', {}).get('sources', ()):
            found = source.checkpoint
            needed += [found] if isinstance(found, str) else list(found)
        names = [Path(each).name for each in needed]
        assert sorted(set(names)) == sorted(training.needs), training.name


def test_tables_are_made_of_what_is_finished(checkout, monkeypatch):
    table_arguments = reproduce.table_arguments
    names = ['vqgan_512x56', 'stage2', 'stage2_group0']
    names += ['stage3_sr_x2_sharp']
    monkeypatch.setattr(Training, 'finished', lambda t: t.name in names)
    found = list(table_arguments())
    folder = 'work_dirs/small'
    reconstruct, ablation, *enlarged = found
    assert reconstruct[:3] == [
        'reconstruct',
        f'--model=vqgan={folder}/vqgan_512x56',
        f'--model=adacode={folder}/stage2',
    ]
    assert ablation == [
        'ablation',
        f'--model={folder}/stage2_group0',
        f'--model={folder}/stage2',
    ]
    for arguments, source in zip(enlarged, ('bsrgan', 'bicubic'), strict=True):
        assert arguments[:7] == [
            *('sr', '--scale', '2', '--degradation', source),
            '--model=bicubic',
            f'--model=tiny={folder}/stage3_sr_x2_sharp',
        ]
    # They are what make_tables.py takes.
    from benchmarks import make_tables

    monkeypatch.setattr(Training, 'finished', lambda t: True)
    found = list(table_arguments())
    assert len(found) == 7
    for arguments in found:
        args = make_tables.parse_args([*arguments, '--sets', 'Set5'])
        inputs = make_tables.inputs_of(args)
        kind = 'reconstruct' if args.table == 'ablation' else args.table
        assert inputs.task == kind
