import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from adacode_mm.cli.main import main
from adacode_mm.cli.web import file_size, pixel_count, pixels_for
from adacode_mm.core.exceptions import InputError
from adacode_mm.web.known_hosts import KnownHosts
from adacode_mm.web.server import prepare_gradio, serving


def test_a_taken_port_is_said(shelf):
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(InputError, match=f'127.0.0.1, port {port}'):
            serving(shelf, port=port).__enter__()


@pytest.mark.parametrize(
    ('host', 'port'), [('127.0.0.1', 70000), ('999.0.0.1', 0)]
)
def test_an_address_that_is_none_is_said(shelf, host, port):
    with pytest.raises(InputError, match='another --port or --host'):
        serving(shelf, host=host, port=port).__enter__()


def test_a_missing_gradio_is_said(monkeypatch, tmp_path):
    for name in (
        'GRADIO_ANALYTICS_ENABLED',
        'HF_HUB_DISABLE_TELEMETRY',
        'GRADIO_TEMP_DIR',
    ):
        monkeypatch.setenv(name, '')  # restored at the end
    monkeypatch.setitem(sys.modules, 'gradio', None)
    with pytest.raises(InputError, match=r'adacode-mm\[web\]'):
        prepare_gradio(str(tmp_path))


def test_a_model_that_is_not_there_ends_the_command(capsys, tmp_path):
    path = tmp_path / 'nothing.pth'
    assert main(['web', '--model', str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_pixels_follow_the_memory():
    assert pixels_for(0) == 50_000_000
    assert pixels_for(20_000_000_000) == 100_000_000
    assert pixels_for(10**12) == 400_000_000


def test_sizes():
    assert file_size('20MB') == 20 * 2**20
    assert file_size('1.5 kb') == 1536
    assert pixel_count('50M') == 50_000_000
    assert pixel_count('300') == 300


@pytest.mark.parametrize('text', ['', 'many', '-1', '0', '3 MM', '1e9'])
def test_wrong_sizes_are_said(text, capsys):
    with pytest.raises(SystemExit):
        main(['web', f'--max-upload={text}'])
    assert 'expected a size such as 20MB' in capsys.readouterr().err


def opened(url):
    return urllib.request.urlopen(url, timeout=10)


def test_only_the_page_is_served(shelf, model_files):
    pytest.importorskip('gradio', reason='needs the extra "web"')
    with serving(shelf, port=0) as url:
        page = opened(url).read().decode()
        assert 'fonts.googleapis' not in page
        assert 'fonts.gstatic' not in opened(f'{url}theme.css').read().decode()
        for path in (
            '/etc/passwd',
            str(model_files['sr_x4']),
            __file__,
            f'{Path.cwd()}/setup.py',
            '../../../../../../etc/passwd',
        ):
            with pytest.raises(urllib.error.HTTPError) as error:
                opened(f'{url}gradio_api/file={path}')
            assert error.value.code in (403, 404), path
        for other in ('monitoring', 'gradio_api/mcp/sse', 'docs'):
            with pytest.raises(urllib.error.HTTPError):
                opened(f'{url}{other}')
    with pytest.raises(urllib.error.URLError):
        opened(url)  # it is closed


@pytest.fixture(scope='module')
def address(shelf):
    with serving(shelf, port=0) as url:
        yield url


@pytest.mark.parametrize(
    ('host', 'status'),
    [
        ('localhost', 200),
        ('127.0.0.1:1', 200),
        ('[::1]:80', 200),
        ('LOCALHOST', 200),
        ('example.com', 421),
        ('127.0.0.1.example.com', 421),
        ('192.168.1.2', 421),
        ('', 421),
    ],
)
def test_only_known_hosts_are_answered(address, host, status):
    request = urllib.request.Request(address, headers={'Host': host})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == status
    except urllib.error.HTTPError as error:
        assert error.code == status
        assert repr(host) in error.read().decode()


def test_a_page_for_all_networks_is_called_by_addresses():
    everywhere = KnownHosts(None, '0.0.0.0')
    assert everywhere._knows('192.168.1.2')
    assert everywhere._knows(socket.gethostname().lower())
    assert not everywhere._knows('example.com')
    assert KnownHosts(None, 'photos.local')._knows('photos.local')


def test_closing_the_server_ends_what_runs(shelf, monkeypatch):
    """The page's `Handlers.close`, which has tests of its own."""
    pytest.importorskip('gradio', reason='needs the extra "web"')
    from adacode_mm.web.handlers import Handlers

    closed = []
    monkeypatch.setattr(Handlers, 'close', lambda self: closed.append(self))
    with serving(shelf, port=0) as url:
        urllib.request.urlopen(url, timeout=20).close()
        assert not closed
    assert len(closed) == 1
