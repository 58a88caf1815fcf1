"""Whether a file still is the one that it was."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

BLOCK = 2**20


@dataclass(frozen=True)
class FileIdentity:
    """What tells a file from others, small enough to be kept.

    Args:
        path: Where it was, absolute.
        size: In bytes.
        changed: When it was last written to, in nanoseconds.
        sha256: Of its content, in hexadecimal digits.
    """

    path: str
    size: int
    changed: int
    sha256: str

    @classmethod
    def of(cls, path: str | Path) -> 'FileIdentity':
        """Identity of a file.

        Raises:
            OSError: If it cannot be read.
        """
        status = Path(path).stat()
        return cls(
            str(Path(path).absolute()),
            status.st_size,
            status.st_mtime_ns,
            _sha256(path),
        )

    @classmethod
    def from_dict(cls, content: dict) -> 'FileIdentity':
        """From what `asdict` has made of one."""
        return cls(**{name: content[name] for name in cls.__annotations__})

    def as_dict(self) -> dict:
        """JSON-able."""
        return asdict(self)

    def is_at(self, path: str | Path) -> bool:
        """Whether the file at a path has this content.

        It is read only if it was moved, copied or written to.
        """
        try:
            status = Path(path).stat()
            if status.st_size != self.size:
                return False
            same = str(Path(path).absolute()) == self.path
            if same and status.st_mtime_ns == self.changed:
                return True
            return _sha256(path) == self.sha256
        except OSError:
            return False


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
