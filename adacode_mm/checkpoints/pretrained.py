"""Weights by name: of this package, or published and fetched once."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from adacode_mm.core.exceptions import CheckpointError, DownloadError
from adacode_mm.core.fetching import cached_path, fetch

from .find_checkpoint import find_checkpoint

_PACKAGE = Path(__file__).resolve().parents[1]
# Of the files in the package: lines as `sha256sum` writes them.
HASHES = 'weights/SHA256SUMS'
_RELEASE = (
    'https://github.com/kechunl/AdaCode/releases/download/v0-pretrain_models/'
)


class Score(NamedTuple):
    """PSNR on BSD100, studio luma (BT.601), in dB.

    Attributes:
        input: 'clean' (bicubic), 'degraded' (BSRGAN) or 'holes' (strokes;
            PSNR inside them).
        psnr: Of the network.
        other: The classical method to compare with.
        other_psnr: Of that method.
    """

    input: str
    psnr: float
    other: str
    other_psnr: float


class PretrainedFile(NamedTuple):
    """Where weights with a name are.

    Attributes:
        task: 'sr', 'inpaint', 'reconstruct' or 'discriminator'.
        scale: Ratio of output to input size.
        url: Where to fetch the file; None for a file of this package.
        sha256: Its hash. None if nobody has published it: the file is then
            checked by reading all of it.
        packaged: Path inside of this package, instead of a `url`.
        licence: Of the weights; 'not stated' if their authors say nothing.
        weakness: What they are known to be bad at; a whole sentence.
        scores: Measured by us; docs/benchmarks.md has the conditions.
        fidelity: Whether it has a fidelity to choose.
    """

    task: str
    scale: int
    url: str | None = None
    sha256: str | None = None
    packaged: str | None = None
    licence: str = 'not stated'
    weakness: str | None = None
    scores: tuple[Score, ...] = ()
    fidelity: bool = False


def _stored_hashes() -> dict[str, str]:
    path = _PACKAGE / HASHES
    if not path.is_file():
        return {}
    lines = path.read_text(encoding='utf-8').splitlines()
    return {name: digest for digest, name in map(str.split, lines)}


def _packaged(
    name, task, scale, weakness, *scores, fidelity=False
) -> PretrainedFile:
    file = f'{name}.safetensors'
    digest = _stored_hashes().get(file)
    return PretrainedFile(
        task,
        scale,
        None,
        digest,
        f'weights/{file}',
        'research use',
        weakness,
        scores,
        fidelity,
    )


# What is taken where nothing is named comes first. The authors give no hashes
# of their files.
PRETRAINED = {
    'adacode-tiny-x4': _packaged(
        'adacode-tiny-x4',
        'sr',
        4,
        'Textures come out smooth.',
        Score('clean', 26.96, 'bicubic', 25.96),
        Score('degraded', 22.23, 'bicubic', 21.7),
        fidelity=True,
    ),
    'adacode-tiny-x2': _packaged(
        'adacode-tiny-x2',
        'sr',
        2,
        'It is for damaged photographs: clean ones are enlarged better by a '
        'bicubic filter.',
        Score('clean', 27.48, 'bicubic', 29.56),
        Score('degraded', 24.43, 'bicubic', 23.59),
    ),
    'adacode-tiny-inpaint': _packaged(
        'adacode-tiny-inpaint',
        'inpaint',
        1,
        'Large holes come out smooth.',
        Score('holes', 19.26, 'harmonic', 19.26),
    ),
    'adacode-x2': PretrainedFile(
        'sr', 2, f'{_RELEASE}AdaCode_SR_X2_model_g.pth'
    ),
    'adacode-x4': PretrainedFile(
        'sr', 4, f'{_RELEASE}AdaCode_SR_X4_model_g.pth'
    ),
    'adacode-inpaint': PretrainedFile(
        'inpaint', 1, f'{_RELEASE}AdaCode_Inpaint_model_g.pth'
    ),
    'adacode-stage2': PretrainedFile(
        'reconstruct', 1, f'{_RELEASE}AdaCode_S2_model_g.pth'
    ),
    'adacode-stage2-discriminator': PretrainedFile(
        'discriminator', 1, f'{_RELEASE}AdaCode_S2_model_d.pth'
    ),
}


def remark_on(name: str) -> str | None:
    """What whoever has used a small network of the package may want to know.

    Args:
        name: Of a model, or a path.
    """
    entry = PRETRAINED.get(name)
    if entry is None or entry.packaged is None:
        return None
    return (
        f'{name} is a small network. {entry.weakness} "adacode models" lists '
        'larger ones.'
    )


def find_model_file(
    name_or_path: str | os.PathLike, *, progress: bool = True
) -> Path:
    """File of weights; one that is not in the package is fetched once.

    Args:
        name_or_path: An existing file, the work directory of a training, or
            a name in `PRETRAINED`.
        progress: Show a bar while fetching.

    Raises:
        CheckpointError: If there is neither such a file nor such a name, or
            the file of the package is missing or damaged.
        DownloadError: If it cannot be fetched, or is no file of weights.
    """
    named = os.fspath(name_or_path)
    path = Path(named).expanduser()
    if named not in PRETRAINED:
        if not path.exists():
            raise CheckpointError(
                f'Expected a file of weights or one of the names '
                f'{", ".join(PRETRAINED)}, got {named!r}, which is neither: '
                f'check the path.'
            )
        return Path(find_checkpoint(path))
    if path.is_file():
        return path
    published = PRETRAINED[named]
    if published.packaged is not None:
        return _of_the_package(named, published)
    return _fetched(published, progress)


def packaged_file(entry: PretrainedFile) -> Path | None:
    """File of weights that comes with the package, if that one does."""
    return None if entry.packaged is None else _PACKAGE / entry.packaged


def _of_the_package(name, entry) -> Path:
    path = packaged_file(entry)
    problem = None
    if not path.is_file():
        problem = 'there is no such file'
    elif entry.sha256 and _sha256(path) != entry.sha256:
        problem = 'the file there has another SHA-256'
    if problem is None:
        return path
    raise CheckpointError(
        f'Expected the weights of {name}, which come with the package, at '
        f'{path}, but {problem}: install the package again, or name another '
        f'model or a file.'
    )


def _sha256(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fetched(published, progress) -> Path:
    placed_by_hand = cached_path(published.url).is_file()
    path = fetch(published.url, published.sha256, progress)
    if published.sha256 is None and not placed_by_hand:
        # Here, since it imports PyTorch.
        from .weights_file import read_weights

        try:
            read_weights(path)
        except CheckpointError as error:
            path.unlink(missing_ok=True)
            raise DownloadError(
                f'Expected weights at {published.url}, but what came is none '
                f'and was removed ({error}): try again, or place the right '
                f'file at {path}.'
            ) from error
    return path
