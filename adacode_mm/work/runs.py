"""The runs that are at work in one folder, and which of them still live."""

import json
import os
import threading
import uuid
from contextlib import suppress
from pathlib import Path

from adacode_mm.core.atomic_files import write_atomically, writing

from .machine import start_of, this_machine

BEAT = 15  # seconds
# A machine may be busy and clocks of disks coarse; taking over too early costs
# only work that is done twice.
SILENCE = 120  # seconds


class Run:
    """One run at work in a folder, as a context.

    It has a file in the folder that says which process it is, and touches it
    now and then. Of another run on this machine the system says whether its
    process lives; of one on another machine, how long its file was left
    untouched, by the clock of the disk, which both share.

    Args:
        folder: Folder of the files of runs; is made.

    Attributes:
        id: Name of this run, unlike any other.
        started: When it started, in the time of the files on that disk.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.id = uuid.uuid4().hex
        self.started = 0.0
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> 'Run':
        """Announce the run.

        Raises:
            OutputError: If nothing can be written there.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        who = {
            'machine': this_machine(),
            'pid': os.getpid(),
            'start': start_of(os.getpid()),
        }
        write_atomically(self._file, json.dumps(who))
        self.started = self._file.stat().st_mtime
        self._heart.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._heart.join()
        self._file.unlink(missing_ok=True)

    def lives(self, other: str) -> bool:
        """Whether the run of that id is still at work."""
        path = self.folder / other
        try:
            who = json.loads(path.read_text(encoding='utf-8'))
            beat = path.stat().st_mtime
        except (OSError, ValueError):  # it has ended and removed its file
            return False
        if who.get('machine') == this_machine() and who.get('start'):
            return start_of(who['pid']) == who['start']
        return self.now() - beat < SILENCE

    def others(self) -> list[str]:
        """Ids of the other runs that are at work here.

        The files of those that were killed are removed.
        """
        living = []
        for path in self.folder.iterdir():
            if path.name == self.id or path.name.startswith('.'):
                continue
            if self.lives(path.name):
                living.append(path.name)
            else:
                path.unlink(missing_ok=True)
        return living

    def now(self) -> float:
        """The time as the disk sees it."""
        with suppress(OSError):
            os.utime(self._file)
            return self._file.stat().st_mtime
        return self.started  # our own file is gone: nobody counts as dead

    @property
    def _file(self):
        return self.folder / self.id

    def _beat(self):
        while not self._ended.wait(BEAT):
            with suppress(OSError):
                os.utime(self._file)
