"""The guard against network access works."""

import socket
from urllib.request import urlopen

import pytest


def test_other_machines_cannot_be_reached():
    with pytest.raises(AssertionError, match='expected no network'):
        socket.create_connection(('192.0.2.1', 80), timeout=1)
    with pytest.raises(AssertionError, match=r'192\.0\.2\.1'):
        urlopen('http://192.0.2.1/', timeout=1)


def test_this_machine_can_be_reached():
    server = socket.create_server(('127.0.0.1', 0))
    client = socket.create_connection(server.getsockname())
    with server, client, server.accept()[0] as connection:
        client.sendall(b'hello')
        assert connection.recv(5) == b'hello'
