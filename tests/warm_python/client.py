"""Ask for a fork, hand it what this process has, and end as it ends.

client.py SOCKET EXECUTABLE [arguments of Python]
"""

import contextlib
import json
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main():
    address, *argv = sys.argv[1:]
    request = {'argv': argv, 'env': dict(os.environ), 'cwd': os.getcwd()}
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    socket.send_fds(connection, [b'.'], [0, 1, 2])
    answers = connection.makefile('r')
    connection.sendall(json.dumps(request).encode() + b'\n')
    pid = int(answers.readline())
    for number in PASSED_ON:
        signal.signal(number, lambda number, frame: pass_on(pid, number))
    status = int(answers.readline())
    if status < 0:
        with contextlib.suppress(OSError):  # SIGKILL needs no such thing
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def pass_on(pid, number):
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, number)


if __name__ == '__main__':
    main()
