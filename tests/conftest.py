"""What holds for all tests: no network, no pretrained weights."""

import os
import signal
import socket
import tempfile
from pathlib import Path

import pytest
from warm_python import WarmPython

LOCAL_HOSTS = ('localhost', '::1', '0.0.0.0', '')


# Compiling in this process: a pool of forks may wait for a lock for ever.
os.environ.setdefault('TORCHINDUCTOR_COMPILE_THREADS', '1')


def pytest_configure():
    """Let processes of tests hear Ctrl-C, also in a background job.

    A shell starts those with SIGINT ignored, which children inherit.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_network(request, monkeypatch):
    """Refuse connections to other machines, except in `download` tests.

    Sockets of this machine stay: worker processes and gloo need them.
    """
    if request.node.get_closest_marker('download'):
        return
    connect = socket.socket.connect

    def guarded(self, address):
        host = address[0] if isinstance(address, tuple) else 'localhost'
        if host not in LOCAL_HOSTS and not str(host).startswith('127.'):
            raise AssertionError(
                f'A test connects to {address}: expected no network; mark '
                'it with `download` or give it a local file.'
            )
        return connect(self, address)

    monkeypatch.setattr(socket.socket, 'connect', guarded)


@pytest.fixture(autouse=True)
def no_pretrained_weights(request, monkeypatch, tmp_path_factory):
    """Hide torchvision's weights, which this machine may have or not."""
    if not request.node.get_closest_marker('download'):
        folder = tmp_path_factory.getbasetemp() / 'no_pretrained_weights'
        monkeypatch.setenv('TORCH_HOME', str(folder))


@pytest.fixture(scope='session')
def warm_python():
    """In the place of `sys.executable`: starts at once, see `WarmPython`."""
    with tempfile.TemporaryDirectory(prefix='warm_') as folder:
        python = WarmPython(Path(folder))
        yield python.executable
        python.close()


@pytest.fixture(scope='session')
def tiny_net():
    """Makes a tiny network of a kind, see `network_kinds.build`."""
    from network_kinds import build

    return build
