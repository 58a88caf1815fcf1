"""Labelling in processes that are killed, and in two at a time."""

import os
import signal
import subprocess
import time
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  (before mmseg)
from test_label_patches import outputs, segmented
from tiny_segformer import write_patches

from adacode_mm.data.labelling.label_patches import label_patches
from adacode_mm.data.labelling.labelling_options import NetworkOptions

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / 'tools' / 'dataset_converters' / 'label_patches.py'
TORCHRUN = ['-m', 'torch.distributed.run', '--standalone']
ENV = {**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'}
LIMIT = 300  # seconds


def test_killed_and_finished_by_two_processes(
    segformer, warm_python, tmp_path
):
    patches = tmp_path / 'patches'
    names = write_patches(patches, size=32, most=6)
    options = NetworkOptions(*segformer, 'cpu', batch_size=1, workers=0)
    assert label_patches(patches, tmp_path / 'whole', network=options) == 0

    out = tmp_path / 'out'
    flags = f'--config {segformer[0]} --checkpoint {segformer[1]} --device cpu'
    arguments = [str(TOOL), str(patches), '--out', str(out), *flags.split()]
    arguments += ['--batch-size', '1', '--workers', '1']
    kill_after_first_results([warm_python, *arguments], out)
    finished = segmented(out)
    assert 0 < len(finished) < len(names)
    assert not (out / 'train.txt').exists()
    # As if it had been killed while it wrote.
    rest = out / '.unfinished-0123'
    rest.write_text('{"patch": "astro')

    command = [warm_python, *TORCHRUN, '--nproc_per_node', '2', *arguments]
    done = subprocess.run(
        command,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f'{len(names) - len(finished)} done' in done.stdout
    assert done.stdout.count('done before') == 1  # one process reports
    assert not rest.exists()
    results = segmented(out)
    assert {name: results[name] for name in finished} == finished
    assert len(results) == len(names)
    assert outputs(out) == outputs(tmp_path / 'whole')


def kill_after_first_results(command, out):
    """Start a command, and kill it and its children as soon as it writes."""
    process = subprocess.Popen(
        command,
        env=ENV,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + LIMIT
        journal = out / '.adacode' / 'journal.jsonl'
        while not journal.exists() or b'counts' not in journal.read_bytes():
            assert process.poll() is None, 'it has ended by itself'
            assert time.monotonic() < end
            time.sleep(0.001)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


def test_missing_weights_are_one_line_and_status_1(warm_python, tmp_path):
    write_patches(tmp_path / 'patches', size=96)
    done = subprocess.run(
        [warm_python, str(TOOL), str(tmp_path / 'patches')],
        env={
            **ENV,
            'ADACODE_CACHE': str(tmp_path),
            'HTTPS_PROXY': 'http://127.0.0.1:9',  # nobody answers there
        },
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith('error: ')
    assert 'segformer_mit-b5_640x640_160k_ade20k' in last
    assert 'https://download.openmmlab.com/mmsegmentation/' in last
    assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'annotations' / 'train.txt').exists()
