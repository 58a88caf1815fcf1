"""Whether the output of an item is there already, and may be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adacode_mm.core.exceptions import InputError

from .claims import State
from .file_identity import FileIdentity


@dataclass(frozen=True)
class Recipe:
    """What an output is made of.

    Args:
        inputs: Files, in a fixed order, such as an image and its mask.
        options: Whatever else decides about the result; JSON-able.
    """

    inputs: Sequence[Path]
    options: dict

    def record(self, output: Path, taken: Sequence[FileIdentity]) -> dict:
        """What is kept about a finished output.

        Args:
            output: As it was written.
            taken: Identities of the inputs as they were read.
        """
        return {
            'inputs': [each.as_dict() for each in taken],
            'options': self.options,
            'output': FileIdentity.of(output).as_dict(),
        }


def is_finished(
    output: Path, recipe: Recipe, state: State, overwrite_before: float | None
) -> bool:
    """Whether there is nothing to do for an output.

    What this program has made of an older version of the same input is made
    again. All else that exists is left as it is: what somebody else has put
    there or changed, and results of another file or of other options.

    Args:
        output: File to write.
        recipe: What it is to be made of.
        state: What is known about it.
        overwrite_before: Whatever is there is replaced, except for what was
            finished after this time, by another run that replaces, too. None
            replaces nothing.

    Raises:
        InputError: If something is there that must not be replaced.
    """
    if overwrite_before is not None:
        return (
            state.record is not None
            and state.recorded > overwrite_before
            and _is_made_of(state.record, recipe)
            and output.exists()
        )
    if not (output.exists() or output.is_symlink()):
        return False
    if state.begun:  # ours, by a run that was killed before it could say so
        return False
    if state.record is None:
        raise InputError(_kept(output, 'it was not written by this program'))
    if not FileIdentity.from_dict(state.record['output']).is_at(output):
        raise InputError(_kept(output, 'it was changed since it was written'))
    if state.record['options'] != recipe.options:
        raise InputError(_kept(output, _difference(state.record, recipe)))
    if _is_made_of(state.record, recipe):
        return True
    before = [each['path'] for each in state.record['inputs']]
    if before != [str(path.absolute()) for path in recipe.inputs]:
        made = f'it was made of {", ".join(before)}'
        raise InputError(_kept(output, made))
    return False


def _is_made_of(record, recipe):
    """Whether a record is about these inputs, unchanged, and options."""
    before = [FileIdentity.from_dict(each) for each in record['inputs']]
    return (
        record['options'] == recipe.options
        and len(before) == len(recipe.inputs)
        and all(
            identity.is_at(path)
            for identity, path in zip(before, recipe.inputs, strict=True)
        )
    )


def _difference(record, recipe):
    before, now = record['options'], recipe.options
    names = sorted(
        name for name in {*before, *now} if before.get(name) != now.get(name)
    )
    listed = ', '.join(f'{name} {before.get(name)!r}' for name in names)
    return f'it was made with other options ({listed})'


def _kept(output, reason):
    return (
        f'{output} exists and {reason}: it was left as it is; give '
        '--overwrite to replace it or choose another -o.'
    )
