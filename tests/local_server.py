"""A web server of this machine that misbehaves on request."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LocalServer(ThreadingHTTPServer):
    """Serves `content` at any path.

    Attributes:
        content: What to serve.
        tag: ETag of the answers; None for none.
        ranges: Can it answer a part?
        largest_part: Bytes of a part that it sends at most; None for no limit.
        cuts: For each of the next answers, after how many bytes the
            connection ends; None for not at all. Later ones are whole.
        status: Other than 200: the answer to everything.
        sent: Pairs of the first byte and the number of bytes sent.
        length: Whether an answer says how long it is.
    """

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, content):
        super().__init__(('127.0.0.1', 0), _Handler)
        self.content = content
        self.tag = '"first"'
        self.ranges = True
        self.largest_part = None
        self.cuts = []
        self.status = 200
        self.sent = []
        self.length = True

    def url(self, name='weights.pth'):
        return f'http://127.0.0.1:{self.server_address[1]}/{name}'


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        if server.status != 200:
            self.send_error(server.status)
            return
        total = len(server.content)
        start = self._start()
        if start is not None and start >= total:
            self.send_response(416)
            self.send_header('Content-Range', f'bytes */{total}')
            self.send_header('Content-Length', '0')
            server.sent.append((start, 0))
            self.end_headers()
            return
        end = total
        self.send_response(200 if start is None else 206)
        if start is not None:
            end = min(total, start + (server.largest_part or total))
            said = f'bytes {start}-{end - 1}/{total}'
            self.send_header('Content-Range', said)
        if server.tag:
            self.send_header('ETag', server.tag)
        body = server.content[start or 0 : end]
        if server.length:
            self.send_header('Content-Length', str(len(body)))
        cut = server.cuts.pop(0) if server.cuts else None
        # Before the client can have it: tests look at this afterwards.
        server.sent.append((start or 0, len(body[:cut])))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = True

    def _start(self):
        """First byte that is asked for; None if all of it is to be sent."""
        asked = self.headers.get('Range')
        same = self.headers.get('If-Range') == self.server.tag
        if not asked or not self.server.ranges or not same:
            return None
        return int(asked.removeprefix('bytes=').removesuffix('-'))

    def log_message(self, *args):
        """Nothing on stderr."""


@contextmanager
def local_server(content):
    """A running `LocalServer`."""
    server = LocalServer(content)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
