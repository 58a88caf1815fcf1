"""Import everything once, then fork for each client that connects.

server.py FD: the file descriptor of the listening socket. It ends when its
standard input does, that is, with the process that started it.
"""

import atexit
import contextlib
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
import warnings

sys.path.pop(0)  # this folder, which another process does not have


# What the command lines of this project import, the first one first.
MODULES = (
    'adacode_mm',
    'adacode_mm.apis',
    'mmagic.apis',
    'mmagic.datasets',
    'mmagic.engine',
    'mmagic.evaluation',
    'mmagic.models',
    'mmagic.visualization',
    'mmseg.apis',
)


class Server:
    """The clients, each with the process that runs for it.

    Args:
        listener: Where clients connect.
    """

    def __init__(self, listener: socket.socket):
        self.listener = listener
        self.clients: dict[int, socket.socket] = {}
        self.ended, end = os.pipe()
        os.set_blocking(end, False)
        signal.set_wakeup_fd(end)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self) -> tuple[dict, list[int]] | None:
        """Fork until the standard input ends, and kill what still runs.

        Returns:
            In a fork: the request and the files of its client.
        """
        self.selector = selectors.DefaultSelector()
        for each in (self.listener, self.ended, sys.stdin):
            self.selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    work = self.accept()
                    if work:
                        return work
                elif key.fileobj is self.ended:
                    os.read(self.ended, 4096)
                    self.tell_ends()
                elif key.fileobj is sys.stdin:
                    for pid in self.clients:
                        kill(pid)
                    return None
                elif key.data in self.clients:
                    kill(key.data)  # as its client was
                    self.selector.unregister(key.fileobj)

    def accept(self):
        client, _ = self.listener.accept()
        _, files, _, _ = socket.recv_fds(client, 1, 3)
        with client.makefile('r') as lines:
            line = lines.readline()
        if not line.endswith('\n'):  # it was killed before it had asked
            return None
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setpgid(0, 0)
            for each in (client, self.listener, *self.clients.values()):
                each.close()
            os.close(self.ended)
            self.selector.close()
            return request, files
        for each in files:
            os.close(each)
        with contextlib.suppress(OSError):  # the fork has done it already
            os.setpgid(pid, pid)
        with contextlib.suppress(OSError):  # killed: it will be noticed
            client.sendall(f'{pid}\n'.encode())
        self.clients[pid] = client
        self.selector.register(client, selectors.EVENT_READ, pid)
        return None

    def tell_ends(self):
        for pid in [*self.clients]:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                client = self.clients.pop(pid)
                with contextlib.suppress(KeyError):  # killed: it is out
                    self.selector.unregister(client)
                with contextlib.suppress(OSError), client:
                    code = os.waitstatus_to_exitcode(status)
                    client.sendall(f'{code}\n'.encode())


def kill(pid):
    """A fork and the processes that it has forked."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def become(request: dict, files: list[int]) -> list[str]:
    """Give this fork what its client had.

    Returns:
        The command line after the name of the program.
    """
    for number, each in enumerate(files):
        os.dup2(each, number)
        os.close(each)
    os.chdir(request['cwd'])
    os.environ.clear()
    os.environ.update(request['env'])
    path = os.environ.get('PYTHONPATH', '')
    sys.path[:0] = [each for each in path.split(os.pathsep) if each]
    sys.executable, *arguments = request['argv']
    # A fork has the random numbers of its parent.
    import numpy as np
    import torch

    np.random.seed()
    torch.seed()
    return arguments


def run(arguments: list[str]) -> None:
    """As `python ARGUMENTS`, for the options that are used here."""
    while True:
        word, *arguments = arguments
        if word == '-u':
            sys.stdout.reconfigure(write_through=True)
        elif word == '-W':
            warnings.simplefilter(arguments.pop(0))
        else:
            break
    if word in ('-m', '-c'):
        what, *arguments = arguments
        sys.path.insert(0, os.getcwd() if word == '-m' else '')
        sys.argv = [word, *arguments]
        if word == '-m':
            runpy.run_module(what, run_name='__main__', alter_sys=True)
        else:
            exec(compile(what, '<string>', 'exec'), {'__name__': '__main__'})
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(word)))
        sys.argv = [word, *arguments]
        runpy.run_path(word, run_name='__main__')


def end(status: int) -> None:
    """As at the end of a process, but for the libraries written in C.

    Those wait for threads, which a fork does not have, and take their time.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def main():
    for name in MODULES:
        importlib.import_module(name)
    work = Server(socket.socket(fileno=int(sys.argv[1]))).serve()
    status = 0
    try:
        if work is not None:
            run(become(*work))
    except SystemExit as error:
        status = error.code
        if status is not None and not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
    except BaseException:
        traceback.print_exc()
        status = 1
    end(status or 0)


if __name__ == '__main__':
    main()
