import os

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.claims import State
from adacode_mm.work.file_identity import FileIdentity
from adacode_mm.work.finished_work import Recipe, is_finished

NEW = State(None, 0.0, False)


class Case:
    """An input, its finished output and what is recorded about it."""

    def __init__(self, folder):
        self.input, self.mask = folder / 'in.png', folder / 'mask.png'
        self.output = folder / 'out.png'
        self.input.write_bytes(b'input')
        self.mask.write_bytes(b'mask')
        self.output.write_bytes(b'output')
        self.recipe = Recipe([self.input, self.mask], {'scale': 4})
        taken = [FileIdentity.of(path) for path in self.recipe.inputs]
        self.state = State(self.recipe.record(self.output, taken), 10.0, False)

    def finished(self, recipe=None, state=None, before=None):
        return is_finished(
            self.output, recipe or self.recipe, state or self.state, before
        )


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


def touch(path, content):
    path.write_bytes(content)
    os.utime(path, ns=(0, 5))


def test_unchanged(case):
    assert case.finished() is True


def test_copied_or_touched_files_are_the_same(case, tmp_path):
    touch(case.input, b'input')
    touch(case.output, b'output')
    assert case.finished() is True
    moved = tmp_path / 'moved.png'
    os.rename(case.input, moved)
    assert case.finished(Recipe([moved, case.mask], {'scale': 4})) is True


def test_no_output(case):
    case.output.unlink()
    assert case.finished() is False
    assert case.finished(state=NEW) is False


@pytest.mark.parametrize('changed', ['input', 'mask'])
def test_a_changed_input_is_done_again(case, changed):
    touch(getattr(case, changed), b'other')
    assert case.finished() is False


def test_files_of_others_are_left(case):
    with pytest.raises(InputError, match='was not written by this program'):
        case.finished(state=NEW)
    assert case.finished(state=NEW, before=20.0) is False


def test_an_output_that_was_edited_is_left(case):
    touch(case.output, b'edited')
    with pytest.raises(InputError, match='changed since it was written'):
        case.finished()


def test_results_of_other_options_are_left(case):
    other = Recipe(case.recipe.inputs, {'scale': 2})
    with pytest.raises(InputError, match=r'other options \(scale 4\)'):
        case.finished(other)
    assert case.finished(other, before=20.0) is False


def test_results_of_another_file_are_left(case, tmp_path):
    other = tmp_path / 'other' / 'in.png'
    other.parent.mkdir()
    other.write_bytes(b'other')
    with pytest.raises(InputError, match=f'made of {case.input}'):
        case.finished(Recipe([other, case.mask], {'scale': 4}))


def test_what_a_killed_run_may_have_written_is_done_again(case):
    assert case.finished(state=State(None, 0.0, True)) is False


def test_overwriting_spares_what_was_overwritten_already(case):
    assert case.finished(before=9.0) is True  # recorded at 10
    assert case.finished(before=11.0) is False
    touch(case.input, b'other')
    assert case.finished(before=9.0) is False
