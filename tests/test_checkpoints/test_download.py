"""What arrives is the whole file; what had arrived is not sent again."""

import hashlib
import random
import threading
import time
from types import SimpleNamespace

import pytest
import requests
import torch
from filelock import FileLock
from local_server import local_server
from mmengine.runner import CheckpointLoader

from adacode_mm.checkpoints import download as module
from adacode_mm.checkpoints.download import download
from adacode_mm.core.exceptions import DownloadError, OutputError

SIZE = 1_000_000


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    clock = SimpleNamespace(sleep=lambda seconds: None)
    monkeypatch.setattr(module, 'time', clock)
    with local_server(random.Random(0).randbytes(SIZE)) as running:
        yield running


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'cache' / 'weights.pth'


def leftovers(path):
    """Files beside `path`, but for the lock."""
    return sorted(
        each.name
        for each in path.parent.iterdir()
        if each != path and each.suffix != '.lock'
    )


def fails(server, path, **arguments):
    with pytest.raises(DownloadError) as caught:
        download(server.url(), path, progress=False, **arguments)
    sentence = str(caught.value)
    assert server.url() in sentence
    assert str(path) in sentence
    assert '\n' not in sentence
    assert not path.exists()
    return sentence


def test_a_file_is_fetched_once(server, path, capsys):
    expected = hashlib.sha256(server.content).hexdigest()
    assert download(server.url(), path, expected) == path
    assert path.read_bytes() == server.content
    assert server.sent == [(0, SIZE)]
    bar = capsys.readouterr().err
    assert 'weights.pth: 100%' in bar
    assert '1.00M/1.00M' in bar
    assert leftovers(path) == []
    download(server.url(), path)
    assert server.sent == [(0, SIZE)]


def test_a_broken_connection_is_taken_up_where_it_ended(server, path):
    server.cuts = [300_000, 200_000, 0]
    download(server.url(), path, progress=False)
    assert path.read_bytes() == server.content
    starts = [start for start, _ in server.sent]
    assert starts[0] == 0
    # At most one piece of 64 KiB is lost where a connection ends.
    assert 300_000 - 2**16 <= starts[1] <= 300_000
    assert starts[1] + 200_000 - 2**16 <= starts[2] <= starts[1] + 200_000
    assert starts[3] == starts[2]
    assert server.sent[3] == (starts[3], SIZE - starts[3])


def test_an_interrupted_download_goes_on_in_the_next_call(
    server, path, monkeypatch, capsys
):
    class Stop:
        """Ctrl-C, once half of it is there."""

        arrived = 0

        def __call__(self, response, size):
            for piece in original(response, size):
                yield piece
                self.arrived += len(piece)
                if self.arrived >= SIZE // 2:
                    raise KeyboardInterrupt

    original = requests.Response.iter_content
    stop = Stop()
    with monkeypatch.context() as patch:
        patch.setattr(
            requests.Response,
            'iter_content',
            lambda response, size: stop(response, size),
        )
        with pytest.raises(KeyboardInterrupt):
            download(server.url(), path, progress=False)
    assert not path.exists()
    assert leftovers(path) == ['.weights.pth.part', '.weights.pth.part.json']
    partial = path.with_name('.weights.pth.part')
    assert partial.stat().st_size == stop.arrived
    server.sent.clear()
    download(server.url(), path)
    assert server.sent == [(stop.arrived, SIZE - stop.arrived)]
    assert path.read_bytes() == server.content
    assert leftovers(path) == []


def partly_fetched(server, path):
    """Half of the file has arrived before the server broke down."""
    server.cuts = [SIZE // 2] + [0] * 20
    sentence = fails(server, path)
    server.cuts.clear()
    server.sent.clear()
    return sentence


def test_a_server_that_never_completes_is_an_error_and_nothing_is_lost(
    server, path
):
    sentence = partly_fetched(server, path)
    kept = path.with_name('.weights.pth.part').stat().st_size
    assert SIZE // 2 - 2**16 <= kept <= SIZE // 2
    assert f'the {kept} bytes that have arrived are kept' in sentence
    download(server.url(), path, progress=False)
    assert server.sent == [(kept, SIZE - kept)]
    assert path.read_bytes() == server.content


def test_a_server_that_knows_no_parts_sends_all_again(server, path):
    server.ranges = False
    partly_fetched(server, path)
    download(server.url(), path, progress=False)
    assert server.sent == [(0, SIZE)]
    assert path.read_bytes() == server.content


def test_a_server_that_always_stops_short_is_given_up(server, path):
    server.ranges = False
    server.cuts = [1000] * 50
    fails(server, path)
    assert len(server.sent) <= 2 * module.TRIES


def test_another_file_by_now_is_fetched_from_its_beginning(server, path):
    partly_fetched(server, path)
    server.content = random.Random(1).randbytes(SIZE)
    server.tag = '"second"'
    download(server.url(), path, progress=False)
    assert server.sent == [(0, SIZE)]
    assert path.read_bytes() == server.content


def test_parts_smaller_than_asked_for_are_put_together(server, path):
    partly_fetched(server, path)
    server.largest_part = SIZE // 8
    download(server.url(), path, progress=False)
    assert path.read_bytes() == server.content
    starts = [start for start, _ in server.sent]
    assert len(starts) in (4, 5)
    assert starts == [starts[0] + i * SIZE // 8 for i in range(len(starts))]


def test_a_shorter_file_under_the_same_tag_is_fetched_again(server, path):
    partly_fetched(server, path)
    server.content = server.content[:1000]
    download(server.url(), path, progress=False)
    assert path.read_bytes() == server.content


def test_without_a_tag_nothing_is_joined(server, path):
    server.tag = None
    partly_fetched(server, path)
    server.content = random.Random(1).randbytes(SIZE)
    download(server.url(), path, progress=False)
    assert path.read_bytes() == server.content


def test_what_was_complete_but_not_named_is_not_sent_again(server, path):
    partly_fetched(server, path)
    path.with_name('.weights.pth.part').write_bytes(server.content)
    download(server.url(), path, progress=False)
    assert [count for _, count in server.sent] == [0]
    assert path.read_bytes() == server.content


def test_a_wrong_hash_is_an_error_and_the_file_is_gone(server, path):
    sentence = fails(server, path, sha256='0' * 64)
    assert hashlib.sha256(server.content).hexdigest() in sentence
    assert leftovers(path) == []
    expected = hashlib.sha256(server.content).hexdigest().upper()
    download(server.url(), path, expected, progress=False)
    assert path.read_bytes() == server.content


@pytest.mark.parametrize('status', [404, 403, 500])
def test_an_answer_without_the_file_is_told(server, path, status):
    server.status = status
    assert f'the server answers {status}' in fails(server, path)
    assert leftovers(path) == []


def test_nobody_there_is_told_at_once(server, path):
    server.shutdown()
    server.server_close()
    start = time.monotonic()
    sentence = fails(server, path)
    assert 'the server cannot be reached' in sentence
    assert f'place it at {path}' in sentence
    assert time.monotonic() - start < 5


def test_an_unknown_host_is_told(path, monkeypatch):
    def get(*args, **kwargs):
        raise requests.ConnectionError('Name or service not known')

    monkeypatch.setattr(requests, 'get', get)
    with pytest.raises(DownloadError, match='cannot be reached'):
        download('https://nowhere.invalid/weights.pth', path)


def test_a_folder_that_cannot_be_made_is_told(server, tmp_path):
    (tmp_path / 'cache').write_text('a file')
    with pytest.raises(OutputError, match='Expected to write'):
        download(server.url(), tmp_path / 'cache' / 'w.pth', progress=False)


def test_a_length_nobody_says_is_no_matter(server, path):
    server.length = False
    download(server.url(), path, progress=False)
    assert path.read_bytes() == server.content


def test_mmengine_fetches_its_checkpoints_in_the_same_way(
    server, tmp_path, monkeypatch
):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    saved = tmp_path / 'saved.pth'
    torch.save({'weight': torch.arange(3.0)}, saved)
    server.content = saved.read_bytes()
    server.cuts = [100]
    for _ in range(2):
        content = CheckpointLoader.load_checkpoint(server.url())
        assert content['weight'].tolist() == [0.0, 1.0, 2.0]
    assert len(server.sent) == 2
    assert (tmp_path / 'hub' / 'checkpoints' / 'weights.pth').is_file()


def test_many_at_once_fetch_it_once(server, path):
    """Threads take the lock as processes do."""
    errors = []

    def fetch():
        try:
            download(server.url(), path, progress=False)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    assert server.sent == [(0, SIZE)]
    assert path.read_bytes() == server.content


def test_who_waits_is_told(server, path, capsys):
    path.parent.mkdir()
    lock = FileLock(path.with_name('.weights.pth.lock'))
    lock.acquire()
    waiting = threading.Thread(target=download, args=(server.url(), path))
    waiting.start()
    deadline = time.monotonic() + 10
    said = ''
    while 'waiting for it' not in said and time.monotonic() < deadline:
        time.sleep(0.01)
        captured = capsys.readouterr()
        said += captured.out + captured.err
    assert 'Another process fetches' in said
    assert server.sent == []
    lock.release()
    waiting.join()
    assert path.read_bytes() == server.content
