"""What arrives is the whole file; what had arrived is not sent again."""

import hashlib
import random
import threading

import pytest
import requests
import torch
from local_server import local_server
from mmengine.runner import CheckpointLoader

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import DownloadError, OutputError
from adacode_mm.core.fetching import cache_folder, cached_path, fetch

SIZE = 1_000_000
PIECE = 2**16


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    monkeypatch.setenv('ADACODE_CACHE', str(tmp_path / 'cache'))
    with local_server(random.Random(0).randbytes(SIZE)) as running:
        yield running


@pytest.fixture
def path(server):
    return cached_path(server.url())


def quietly(server, **arguments):
    return fetch(server.url(), progress=False, **arguments)


def fails(server, path, **arguments):
    with pytest.raises(DownloadError) as caught:
        quietly(server, **arguments)
    sentence = str(caught.value)
    assert server.url() in sentence and str(path) in sentence
    assert '\n' not in sentence
    assert not path.exists()
    return sentence


def leftovers(path):
    """Files beside `path`, but for the lock."""
    files = {each.name for each in path.parent.iterdir()} - {path.name}
    return sorted(name for name in files if not name.endswith('.lock'))


def test_a_file_is_fetched_once_and_checked(server, path, capsys):
    expected = hashlib.sha256(server.content).hexdigest()
    assert fetch(server.url(), expected) == path
    assert path.read_bytes() == server.content
    assert '1.00M/1.00M' in capsys.readouterr().err
    assert leftovers(path) == []
    fetch(server.url(), expected)
    assert server.sent == [(0, SIZE)]


def test_two_urls_that_end_alike_are_two_files(server):
    folders = {}
    for name in ('x2', 'x4'):
        server.content = name.encode()
        folders[name] = fetch(server.url(f'{name}/net_g.pth'), progress=False)
    found = {name: path.read_text() for name, path in folders.items()}
    assert found == {'x2': 'x2', 'x4': 'x4'}
    assert all(path.name.endswith('-net_g.pth') for path in folders.values())


def test_a_broken_connection_is_taken_up_where_it_ended(server, path):
    server.cuts = [300_000, 200_000]
    quietly(server)
    assert path.read_bytes() == server.content
    starts = [start for start, _ in server.sent]
    assert starts[0] == 0
    # At most one piece is lost where a connection ends.
    assert 300_000 - PIECE <= starts[1] <= 300_000
    assert starts[1] + 200_000 - PIECE <= starts[2] <= starts[1] + 200_000


def test_an_interrupted_download_goes_on_in_the_next_call(
    server, path, monkeypatch
):
    original = requests.Response.iter_content

    def stopped(response, size):
        """Ctrl-C, once half of it is there."""
        arrived = 0
        for piece in original(response, size):
            yield piece
            arrived += len(piece)
            if arrived >= SIZE // 2:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(requests.Response, 'iter_content', stopped)
        with pytest.raises(KeyboardInterrupt):
            quietly(server)
    assert not path.exists()
    arrived = path.with_name(f'{path.name}.part').stat().st_size
    assert arrived >= SIZE // 2
    server.sent.clear()
    quietly(server)
    assert server.sent == [(arrived, SIZE - arrived)]
    assert path.read_bytes() == server.content
    assert leftovers(path) == []


def partly_fetched(server, path):
    """Half of the file has arrived before the server broke down."""
    server.cuts = [SIZE // 2, 0]
    sentence = fails(server, path)
    kept = path.with_name(f'{path.name}.part').stat().st_size
    assert SIZE // 2 - PIECE <= kept <= SIZE // 2
    assert str(kept) in sentence
    server.cuts.clear()
    server.sent.clear()
    return kept


def another_file(server):
    server.content, server.tag = random.Random(1).randbytes(SIZE), '"second"'
    return 0


def no_ranges(server):
    server.ranges = False
    return 0


def shorter(server):
    server.content = server.content[:1000]
    return 0


def small_parts(server):
    server.largest_part = SIZE // 8


@pytest.mark.parametrize(
    'change', [another_file, no_ranges, shorter, small_parts]
)
def test_the_next_call_gets_the_file_of_then(server, path, change):
    kept = partly_fetched(server, path)
    start = change(server)
    quietly(server)
    assert path.read_bytes() == server.content
    starts = [start for start, _ in server.sent]
    assert starts[-1 if start == 0 else 0] == (kept if start is None else 0)


def test_without_a_tag_nothing_is_joined(server, path):
    server.tag = None
    server.cuts = [SIZE // 2, 0]
    fails(server, path)
    server.cuts, server.content = [], random.Random(1).randbytes(SIZE)
    quietly(server)
    assert path.read_bytes() == server.content


def test_what_was_complete_but_not_named_is_not_sent_again(server, path):
    partly_fetched(server, path)
    path.with_name(f'{path.name}.part').write_bytes(server.content)
    quietly(server)
    assert [count for _, count in server.sent] == [0]
    assert path.read_bytes() == server.content


def test_a_server_that_always_stops_short_is_given_up(server, path):
    server.ranges, server.cuts = False, [1000] * 50
    fails(server, path)
    assert len(server.sent) <= 2


def test_a_wrong_hash_is_an_error_and_the_file_is_gone(server, path):
    assert '0' * 64 in fails(server, path, sha256='0' * 64)
    assert leftovers(path) == []


@pytest.mark.parametrize('status', [404, 500])
def test_an_answer_without_the_file_is_told(server, path, status):
    server.status = status
    assert str(status) in fails(server, path)
    assert leftovers(path) == []


def test_nobody_there_is_told(server, path):
    server.shutdown()
    server.server_close()
    fails(server, path)


def test_a_folder_that_cannot_be_made_is_told(server, tmp_path):
    (tmp_path / 'cache').write_text('a file')
    with pytest.raises(OutputError):
        quietly(server)


def test_a_length_nobody_says_is_no_matter(server, path):
    server.length = False
    quietly(server)
    assert path.read_bytes() == server.content


def test_many_at_once_fetch_it_once(server, path):
    """Threads take the lock as processes do."""
    threads = [
        threading.Thread(target=quietly, args=(server,)) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert server.sent == [(0, SIZE)]
    assert path.read_bytes() == server.content


def test_mmengine_fetches_its_checkpoints_in_the_same_way(server, tmp_path):
    for value in (1, 2):
        torch.save({'weight': torch.tensor(value)}, tmp_path / 'saved.pth')
        server.content = (tmp_path / 'saved.pth').read_bytes()
        url = server.url(f'{value}/net_g.pth')
        for _ in range(2):
            found = CheckpointLoader.load_checkpoint(url)
            assert found['weight'] == value
    assert len(server.sent) == 2


def test_the_cache_is_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv('ADACODE_CACHE', '~/weights')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert cache_folder() == tmp_path / 'weights'
    monkeypatch.delenv('ADACODE_CACHE')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'other'))
    assert cache_folder() == tmp_path / 'other' / 'adacode_mm'
