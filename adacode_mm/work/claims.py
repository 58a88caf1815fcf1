"""Which of several runs makes which output, and which outputs are finished.

Every output has one small file. Whoever creates it has claimed the output,
since a file can be created only once, also on a disk that machines share.
When the output is written, a record replaces the claim. To take over the claim
of a run that was killed, or to redo what is finished, a second file is
claimed, which again only one can create, and so on; a record always replaces
the first file and is what counts.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.core.exceptions import OutputError

from .runs import SILENCE, Run

# In the folder of the outputs: the small files.
MEMORY = '.adacode'


@dataclass(frozen=True)
class Claim:
    """The right to make an output.

    Args:
        first: File that its record replaces.
        own: File that was created for the claim.
    """

    first: Path
    own: Path


@dataclass(frozen=True)
class State:
    """What is known about an output.

    Args:
        record: Of whoever has finished it; None if nobody has.
        recorded: When, in the time of the files on that disk.
        begun: Whether a run has claimed it, and has maybe written it.
    """

    record: dict | None
    recorded: float
    begun: bool


class Claims:
    """The claims of one run.

    Args:
        folder: Of the outputs.
        run: Which is at work.
    """

    def __init__(self, folder: str | Path, run: Run):
        self.folder = Path(folder)
        self.run = run

    def state(self, name: PurePosixPath) -> State:
        """What is known about an output.

        Args:
            name: Of the output, relative to the folder of the outputs.
        """
        first = self._file(name)
        content = _read(first)
        if content is None:
            return State(None, 0.0, False)
        record = content.get('record')
        recorded = 0.0
        if record is not None:
            with suppress(OSError):
                recorded = first.stat().st_mtime
        begun = record is None or _following(first, 2).exists()
        return State(record, recorded, begun)

    def take(self, name: PurePosixPath, seen: dict | None) -> Claim | None:
        """Claim an output.

        Args:
            name: Of the output, relative to the folder of the outputs.
            seen: Record that the caller has seen and wants to replace; None
                if there was none.

        Returns:
            None if another run has claimed or finished it in the meantime.

        Raises:
            OutputError: If nothing can be written there.
        """
        first = self._file(name)
        with writing(first):
            first.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            own = _following(first, number)
            if self._create(own):
                if number > 1 and _record(first) != seen:
                    own.unlink(missing_ok=True)  # finished just now
                    return None
                return Claim(first, own)
            content = _read(own)
            if content is None:
                continue  # given back just now: try it again
            record = content.get('record')
            if record is not None:
                if record != seen:
                    return None
            elif self._is_held(own, content):
                return None
            number += 1

    def finish(self, claim: Claim, record: dict) -> None:
        """Say that an output is written.

        Args:
            claim: On it.
            record: What later runs need to know; JSON-able.

        Raises:
            OutputError: If it cannot be written.
        """
        write_atomically(claim.first, json.dumps({'record': record}))
        number = 2
        while _following(claim.first, number).exists():
            _following(claim.first, number).unlink(missing_ok=True)
            number += 1

    def give_back(self, claim: Claim) -> None:
        """Leave an output to others; what was finished before, stays so."""
        with suppress(OSError):
            claim.own.unlink(missing_ok=True)

    def _file(self, name):
        return memory_of(self.folder, name)

    def _create(self, path):
        try:
            with writing(path), open(path, 'x', encoding='utf-8') as file:
                file.write(json.dumps({'run': self.run.id}))
        except OutputError as error:
            if isinstance(error.__cause__, FileExistsError):
                return False
            raise
        return True

    def _is_held(self, path, content):
        if 'run' in content:
            return self.run.lives(content['run'])
        # It was created, but its content is not there: yet, or killed.
        with suppress(OSError):
            return self.run.now() - path.stat().st_mtime < SILENCE
        return True


def is_result(path: str | Path, folder: str | Path) -> bool:
    """Whether a file in a folder of outputs is an output, finished or not.

    Args:
        path: A file anywhere.
        folder: Of the outputs.
    """
    try:
        name = Path(path).absolute().relative_to(Path(folder).absolute())
    except ValueError:
        return False
    return memory_of(Path(folder), name).exists()


def memory_of(folder: Path, name: PurePosixPath) -> Path:
    """The small file of an output in the folder of the outputs."""
    return folder / MEMORY / 'files' / f'{name}.json'


def _following(first, number):
    return first if number == 1 else first.with_name(f'{first.name}.{number}')


def _record(first):
    content = _read(first)
    return None if content is None else content.get('record')


def _read(path):
    """Content of a claim or record; None if there is none."""
    try:
        text = path.read_text(encoding='utf-8')
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return {}
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
