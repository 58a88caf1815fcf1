"""Fetching pip without pip, from an index on this machine."""

import functools
import hashlib
import http.server
import sys
import threading
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools' / 'dev'
NAME = 'pip-26.3-py3-none-any.whl'


@pytest.fixture
def bootstrap(monkeypatch, tmp_path):
    """The module, with none of the machine's pip configuration."""
    monkeypatch.syspath_prepend(TOOLS)
    import pip_bootstrap

    monkeypatch.setenv('HOME', str(tmp_path))
    for variable in ('PIP_INDEX_URL', 'PIP_CERT', 'XDG_CONFIG_HOME'):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv('PIP_CONFIG_FILE', str(tmp_path / 'none.conf'))
    yield pip_bootstrap
    del sys.modules['pip_bootstrap']


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Folder of pip's files in an index that PIP_INDEX_URL names."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f'http://127.0.0.1:{server.server_port}/simple/'
    monkeypatch.setenv('PIP_INDEX_URL', url)
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    folder = tmp_path / 'simple' / 'pip'
    folder.mkdir(parents=True)
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_wheel_is_fetched(bootstrap, index, tmp_path, monkeypatch):
    (index / NAME).write_bytes(b'wheel')
    (index / f'{NAME}.metadata').write_bytes(b'not this one')
    digest = hashlib.sha256(b'wheel').hexdigest()
    monkeypatch.setitem(bootstrap.SHA256, '26.3', digest)
    wheel = bootstrap.fetch_pip('26.3', tmp_path)
    assert wheel == tmp_path / NAME
    assert wheel.read_bytes() == b'wheel'


def test_another_file_of_that_name_is_refused(bootstrap, index, tmp_path):
    (index / NAME).write_bytes(b'something else')
    with pytest.raises(bootstrap.BootstrapError, match=r'sha256 .*, expected'):
        bootstrap.fetch_pip('26.3', tmp_path)
    assert not (tmp_path / NAME).exists()


def test_an_index_without_it(bootstrap, index, tmp_path):
    with pytest.raises(bootstrap.BootstrapError, match=f'has no {NAME}'):
        bootstrap.fetch_pip('26.3', tmp_path)


def test_no_index_there(bootstrap, index, tmp_path):
    index.rmdir()
    with pytest.raises(
        bootstrap.BootstrapError, match=r'404.*apt-get install python3'
    ):
        bootstrap.fetch_pip('26.3', tmp_path)


def test_configuration_of_the_user_and_the_environment(
    bootstrap, tmp_path, monkeypatch
):
    old = tmp_path / '.pip' / 'pip.conf'
    new = tmp_path / '.config' / 'pip' / 'pip.conf'
    for path, url in ((old, 'http://old'), (new, 'http://new')):
        path.parent.mkdir(parents=True)
        path.write_text(f'[global]\nindex-url = {url}/%20simple\n')
    assert bootstrap.configured('index-url') == 'http://new/%20simple'
    new.unlink()
    assert bootstrap.configured('index-url') == 'http://old/%20simple'
    monkeypatch.setenv('PIP_INDEX_URL', 'http://variable')
    assert bootstrap.configured('index-url') == 'http://variable'


def test_the_pinned_pip_can_be_fetched(bootstrap):
    for pins in TOOLS.parents[1].glob('requirements/constraints-*.txt'):
        lines = pins.read_text().splitlines()
        pinned = [x[5:] for x in lines if x.startswith('pip==')]
        assert len(pinned) == 1
        assert pinned[0] in bootstrap.SHA256, f'add the sha256 for {pins}'
