import os
from pathlib import Path, PurePosixPath

import pytest

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.inputs import InputFile
from adacode_mm.work.journal import Journal
from adacode_mm.work.places import FileIdentity
from adacode_mm.work.plan import Job, Recipe, folder_of, is_finished, plan_jobs


def inputs(*names):
    return [InputFile(Path('in') / x, PurePosixPath(x)) for x in names]


def outputs(names, out, **options):
    return [str(x.output) for x in plan_jobs(inputs(*names), out, **options)]


def test_formats_and_trees():
    names = ['a.jpg', 'b.PNG', 'c/d.tiff', 'e.webp', 'no.ending.bmp']
    assert outputs(names, 'out') == [
        'out/a.png',
        'out/b.PNG',
        'out/c/d.tiff',
        'out/e.png',
        'out/no.ending.png',
    ]
    assert outputs(names, 'out', format='jpg', suffix='_x4') == [
        'out/a_x4.jpg',
        'out/b_x4.jpg',
        'out/c/d_x4.jpg',
        'out/e_x4.jpg',
        'out/no.ending_x4.jpg',
    ]


def test_one_image_may_go_to_a_file(tmp_path):
    assert outputs(['c/a.jpg'], 'x/b.webp') == ['x/b.webp']
    assert folder_of('x/b.webp') == Path('x')
    assert folder_of('b.png') == Path('.')
    with pytest.raises(InputError, match='2 images'):
        outputs(['a.jpg', 'b.jpg'], 'b.png')
    with pytest.raises(InputError, match=r'b\.png'):
        outputs(['a.jpg'], 'b.png', format='jpg')
    (tmp_path / 'odd.png').mkdir()
    odd = tmp_path / 'odd.png'
    assert outputs(['a.jpg'], odd) == [str(odd / 'a.png')]
    assert folder_of(odd) == odd


def test_endings_that_cannot_be_written(tmp_path):
    assert outputs(['a.jpg'], 'x/b.bmp') == ['x/b.bmp']
    for name in ('b.gif', 'b.avif', 'b.xyz'):
        with pytest.raises(InputError, match=name):
            outputs(['a.jpg'], name)
        folder = tmp_path / name
        assert outputs(['a.jpg'], f'{folder}/') == [f'{folder}/a.png']
        folder.mkdir()
        assert outputs(['a.jpg'], folder) == [f'{folder}/a.png']
    # A folder may well be called so.
    assert outputs(['a.jpg', 'b.jpg'], 'run.v2')[0] == 'run.v2/a.png'
    with pytest.raises(InputError, match=r'b\.gif'):
        outputs(['a.jpg', 'b.jpg'], 'b.gif')


def test_two_images_with_one_result_are_both_named():
    with pytest.raises(InputError) as error:
        outputs(['a.jpg', 'c/a.jpg', 'c/a.webp'], 'out')
    for name in ('in/c/a.jpg', 'in/c/a.webp', 'out/c/a.png'):
        assert name in str(error.value)
    with pytest.raises(InputError, match='--recursive'):
        plan_jobs(
            [
                InputFile(Path('x/a.jpg'), PurePosixPath('a.jpg')),
                InputFile(Path('y/a.jpg'), PurePosixPath('a.jpg')),
            ],
            'out',
        )


def test_what_cannot_be_written_keeps_its_ending_where_names_clash():
    """A telephone's a.HEIC and a.jpg lie side by side."""
    names = ['a.jpg', 'a.HEIC', 'b.avif', 'b.jfif', 'c.heic']
    assert outputs(names, 'out', suffix='_x4') == [
        'out/a_x4.png',
        'out/a_x4.HEIC.png',
        'out/b_x4.avif.png',
        'out/b_x4.jfif.png',
        'out/c_x4.png',
    ]


def test_no_image_is_replaced_by_a_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir('in')
    with pytest.raises(InputError, match=r'in/a\.png'):
        outputs(['a.png'], 'in')
    # through a link, and of another image
    os.symlink('in', 'link')
    with pytest.raises(InputError, match=r'link/a\.png'):
        outputs(['a.png'], 'link')
    two = [
        InputFile(Path('x/a.jpg'), PurePosixPath('a.jpg')),
        InputFile(Path('in/a.png'), PurePosixPath('q/a.png')),
    ]
    with pytest.raises(InputError, match=r'x/a\.jpg'):
        plan_jobs(two, 'in')
    assert outputs(['a.png'], 'in', suffix='_x4') == ['in/a_x4.png']


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
        record = self.recipe.record(FileIdentity.of(self.output), taken)
        self.journal = Journal(folder, 'restore')
        self.journal.records['out.png'] = record
        self.job = Job(None, folder, PurePosixPath('out.png'))

    def finished(self, recipe=None):
        return is_finished(self.job, recipe or self.recipe, self.journal)


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
    case.journal.records.clear()
    assert case.finished() is False


@pytest.mark.parametrize('changed', ['input', 'mask'])
def test_a_changed_input_is_done_again(case, changed):
    touch(getattr(case, changed), b'other')
    assert case.finished() is False


def test_files_of_others_are_left(case):
    case.journal.records.clear()
    for journal in (case.journal, None):
        with pytest.raises(InputError, match=str(case.output)):
            is_finished(case.job, case.recipe, journal)


def test_an_output_that_was_edited_is_left(case):
    touch(case.output, b'edited')
    with pytest.raises(InputError, match=str(case.output)):
        case.finished()


def test_results_of_other_options_are_left(case):
    other = Recipe(case.recipe.inputs, {'scale': 2})
    with pytest.raises(InputError, match='scale 4'):
        case.finished(other)


def test_results_of_another_file_are_left(case, tmp_path):
    other = tmp_path / 'other' / 'in.png'
    other.parent.mkdir()
    other.write_bytes(b'other')
    with pytest.raises(InputError, match=str(case.input)):
        case.finished(Recipe([other, case.mask], {'scale': 4}))


def test_what_a_killed_run_may_have_written_is_done_again(case):
    case.journal.begun.add('out.png')
    case.journal.records.clear()
    assert case.finished() is False


def test_a_name_that_no_disk_takes(case):
    job = Job(None, case.output.parent, PurePosixPath('x' * 252 + '.png'))
    with pytest.raises(InputError, match='256'):
        is_finished(job, case.recipe, case.journal)
    job = Job(None, case.output.parent, PurePosixPath('x' * 251 + '.png'))
    assert is_finished(job, case.recipe, case.journal) is False
