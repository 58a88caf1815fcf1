"""Kill the tools at work: nothing finished is lost, nothing half is left."""

import multiprocessing
import os
import resource
import shutil
import signal
import time
from pathlib import Path

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.data.preparation import crop_patches, make_pairs
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.degraded_patch import PairSettings
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.data.preparation.image_patches import CropSettings

PHOTOS = Path(__file__).parents[2] / 'data' / 'photos'
FORK = multiprocessing.get_context('fork')  # no import anew, a pid of its own


def crop(out, backend='png'):
    settings = CropSettings(size=64, stride=64, backend=backend)
    return crop_folders([PHOTOS], out, settings, workers=2)


def pair(out):
    return make_pairs.make_pairs(PHOTOS, PairSettings(scale=1), out, 2)


def crop_lmdb(out):
    return crop(out, 'lmdb')


def start(job, out):
    """Run a job in a process of its own; its exit code is the job's."""
    process = FORK.Process(target=lambda: os._exit(job(out)))
    process.start()
    return process


def journal_lines(out):
    path = out / '.adacode' / 'journal.jsonl'
    return path.read_bytes().count(b'"settings"') if path.exists() else 0


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'it takes too long'
        time.sleep(0.005)


def contents(out):
    """What a run leaves, but for the report and the pages of an LMDB."""
    return {
        path.name: path.read_bytes()
        for path in out.iterdir()
        if not path.name.startswith('.')
        and path.name not in ('report.txt', 'data.mdb', 'lock.mdb')
    }


@pytest.fixture
def slowly(monkeypatch, tmp_path):
    """Workers leave their process ids and take 50 ms for a file."""
    pids = tmp_path / 'pids'
    pids.mkdir()

    def encode(image):
        (pids / str(os.getpid())).touch()
        time.sleep(0.05)
        return encode_png(image)

    def switch(slow):
        for module in (crop_patches, make_pairs):
            chosen = encode if slow else encode_png
            monkeypatch.setattr(module, 'encode_png', chosen)
        return pids

    return switch


def has_ended(pid):
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1]
    except FileNotFoundError:
        return True
    return state.split()[0] == 'Z'


@pytest.mark.parametrize('job', [crop, crop_lmdb, pair])
def test_after_sigkill_a_second_call_completes(tmp_path, slowly, job, capfd):
    job(tmp_path / 'whole')
    pids = slowly(True)
    out = tmp_path / 'out'
    process = start(job, out)
    wait_for(lambda: journal_lines(out) >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    # the workers of a killed run end by themselves, too
    wait_for(lambda: all(has_ended(pid.name) for pid in pids.iterdir()))
    finished = journal_lines(out)
    assert 3 <= finished < 12
    assert not (out / 'manifest.jsonl').exists()
    slowly(False)
    capfd.readouterr()
    assert job(out) in (0, 1)
    shown = capfd.readouterr().out
    assert f'{12 - finished} done, {finished} done before' in shown
    assert contents(out) == contents(tmp_path / 'whole')
    assert not list(out.glob('.unfinished-*'))


def test_killed_again_and_again_it_still_gets_there(tmp_path, slowly):
    crop(tmp_path / 'whole')
    out = tmp_path / 'out'
    slowly(True)
    for lines in (1, 4, 7):
        process = start(crop, out)
        wait_for(lambda lines=lines: journal_lines(out) >= lines)
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
        # as a kill in the middle of a line would leave it
        journal = out / '.adacode' / 'journal.jsonl'
        journal.write_bytes(journal.read_bytes() + b'{"item": "photos/roc')
    slowly(False)
    assert crop(out) == 0
    assert contents(out) == contents(tmp_path / 'whole')


def test_after_ctrl_c_too(tmp_path, slowly, capfd):
    crop(tmp_path / 'whole')
    slowly(True)
    out = tmp_path / 'out'
    process = start(crop, out)
    wait_for(lambda: journal_lines(out) >= 2)
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 130
    shown = capfd.readouterr().out
    assert 'STOPPED: Interrupted: call again to go on' in shown
    assert not list(out.glob('.unfinished-*'))
    # the manifest tells what is there
    assert 0 < contents(out)['manifest.jsonl'].count(b'\n') < 76
    slowly(False)
    assert crop(out) == 0
    assert contents(out) == contents(tmp_path / 'whole')


def test_a_second_run_at_once_is_refused_and_harms_nothing(
    tmp_path, slowly, monkeypatch
):
    monkeypatch.setattr('adacode_mm.work.journal.WAIT', 0.1)
    crop(tmp_path / 'whole')
    slowly(True)
    out = tmp_path / 'out'
    process = start(crop, out)
    wait_for(lambda: journal_lines(out) >= 1)
    with pytest.raises(InputError, match=str(out)):
        crop(out)
    assert process.exitcode is None
    process.join(60)
    assert process.exitcode == 0
    assert contents(out) == contents(tmp_path / 'whole')


@pytest.mark.parametrize('job', [crop, crop_lmdb])
def test_a_full_disk_ends_the_run_with_a_sentence(tmp_path, job, capfd):
    def limited(out):
        # Some patches are larger: for them, the disk is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        return job(out)

    # The journal has 16 kB in the end, patches 1 to 12 kB each.
    limit = 8_000 if job is crop else 200_000
    out = tmp_path / 'out'
    process = start(limited, out)
    process.join(60)
    assert process.exitcode == 1
    shown = capfd.readouterr().out
    assert 'STOPPED: Expected to write' in shown
    assert 'what is finished is kept' in shown
    # LMDB calls every short write an error of input or output
    assert ('File too large' if job is crop else 'Input/output') in shown
    assert not list(out.glob('.unfinished-*'))
    assert job(out) == 0
    job(tmp_path / 'whole')
    assert contents(out) == contents(tmp_path / 'whole')


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(OutputError, match='Not a directory'):
        crop(tmp_path / 'file' / 'out')


def test_a_failing_manifest_keeps_the_patches(tmp_path, monkeypatch, capsys):
    whole = tmp_path / 'whole'
    crop(whole)
    out = tmp_path / 'out'

    def fail(*_):
        raise OutputError('The disk is full.')

    with monkeypatch.context() as patch:
        patch.setattr(
            'adacode_mm.data.preparation.patch_output.write_manifest', fail
        )
        capsys.readouterr()
        assert crop(out) == 1
        assert 'STOPPED: The disk is full.' in capsys.readouterr().out
    assert crop(out) == 0
    assert '0 done, 12 done before' in capsys.readouterr().out
    assert contents(out) == contents(whole)
    shutil.rmtree(out)
