"""Start and end of the process that forks."""

import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class WarmPython:
    """The process that forks, and the program that asks for a fork.

    Args:
        folder: Folder, with a short path, for the program and a socket.

    Attributes:
        executable: Path to use in the place of `sys.executable`.
    """

    def __init__(self, folder: Path):
        address = folder / 'socket'
        program = folder / 'python'
        client = [sys.executable, '-IS', str(HERE / 'client.py'), str(address)]
        words = f'{shlex.join(client)} {shlex.quote(str(program))}'
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
        self.executable = str(program)
        with socket.socket(socket.AF_UNIX) as listener:
            # Whoever connects before the imports are done waits for them.
            listener.bind(str(address))
            listener.listen(64)
            server = [sys.executable, str(HERE / 'server.py')]
            self._process = subprocess.Popen(
                [*server, str(listener.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                env={
                    **os.environ,
                    'PYTHONPATH': str(ROOT),
                    'OMP_NUM_THREADS': '1',
                    # CUDA cannot be used in a fork of who has used it.
                    'PYTORCH_NVML_BASED_CUDA_CHECK': '1',
                },
            )

    def close(self) -> None:
        """End it; the end of this process has the same effect."""
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            # A fork of this process, such as a loader's, has the pipe, too.
            self._process.terminate()
            self._process.wait()
