"""The page answers only those who call it by a name that it has."""

import ipaddress
import socket

from starlette.responses import PlainTextResponse

HERE = ('localhost', '127.0.0.1', '::1')
EVERYWHERE = ('0.0.0.0', '::')


class KnownHosts:
    """ASGI middleware that looks at the header Host.

    A page of somebody else may give its own name the address of this machine
    (DNS rebinding) and so have a browser read from this one: its requests
    carry the other name. Starlette's TrustedHostMiddleware reads no IPv6
    address and cannot allow all addresses.

    Args:
        app: What answers.
        host: That the page listens at. One for all networks, as 0.0.0.0,
            is called by this machine's name, or any address.
    """

    def __init__(self, app, host: str):
        self._app = app
        self._names = {*HERE, host.lower()}
        self._open = host in EVERYWHERE
        if self._open:
            names = socket.gethostname(), socket.getfqdn()
            self._names |= {name.lower() for name in names}

    async def __call__(self, scope, receive, send):
        """Answer, or refuse with 421 (misdirected request)."""
        app = self._app
        if scope['type'] in ('http', 'websocket'):
            headers = dict(scope['headers'])
            host = headers.get(b'host', b'').decode('latin-1')
            if not self._knows(_without_port(host).lower()):
                app = PlainTextResponse(
                    f'This page is not at {host!r}: start it with --host '
                    'and that name, or call it by localhost.',
                    status_code=421,
                )
        await app(scope, receive, send)

    def _knows(self, name):
        return name in self._names or (self._open and _is_address(name))


def _without_port(host):
    if host.startswith('['):
        return host[1:].partition(']')[0]
    return host.partition(':')[0]


def _is_address(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
