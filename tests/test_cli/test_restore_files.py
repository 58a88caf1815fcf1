"""Folders of images through `adacode sr`, without a network."""

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from cropped_photo import photo
from fake_restorer import SCALE, FakeRestorer, use
from PIL import Image

from adacode_mm.cli.main import main
from adacode_mm.core import atomic_files
from adacode_mm.core.atomic_files import TEMPORARY
from adacode_mm.work.journal import FOLDER, Journal
from adacode_mm.work.report import Report

ALL = ['in', '-r', '-o', 'out']


def results(folder='out'):
    """Every file but the memory, with what tells whether it was rewritten."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in sorted(Path(folder).rglob('*'))
        if path.is_file() and FOLDER not in path.parts
    }


def unfinished(folder='out'):
    """Outputs that were begun and not finished."""
    with Journal(Path(folder), 'restore') as journal:
        return journal.begun


NAMES = ['0.png', '1.png', '2.png', '3.png', 'more/4.png', 'more/5.png']


def test_a_tree_is_mirrored(photos, monkeypatch, capsys):
    restorer = use(monkeypatch, FakeRestorer())
    assert main(['sr', *ALL]) == 0
    assert list(results()) == NAMES and len(restorer.seen) == 6
    for name in NAMES:
        given = np.asarray(Image.open(f'in/{name}'))
        expected = given.repeat(SCALE, 0).repeat(SCALE, 1)
        assert (np.asarray(Image.open(f'out/{name}')) == expected).all()
    text = capsys.readouterr()
    assert 'images: 6 done, 0 done before, 0 skipped, 0 failed' in text.out
    assert 'Results are in out' in text.out
    assert '6/6' in text.err and 'images/s' in text.err
    assert (
        Report(handled=1, seconds=40)
        .summary()
        .endswith(' 40.0 s, 0.025 images/s')
    )


def test_what_is_done_is_skipped(photos, monkeypatch, capsys):
    restorer = use(monkeypatch, FakeRestorer())
    assert main(['sr', 'in', '-o', 'out']) == 0
    before = results()
    photo(9).save('in/2.png')
    assert main(['sr', *ALL]) == 0
    after = results()
    assert [x for x in before if before[x] != after[x]] == ['2.png']
    assert len(restorer.seen) == 4 + 3
    assert '3 done, 3 done before' in capsys.readouterr().out
    assert main(['sr', *ALL, '--overwrite']) == 0
    assert len(restorer.seen) == 7 + 6


def test_files_of_others_stay_unless_overwritten(photos, monkeypatch, capsys):
    restorer = use(monkeypatch, FakeRestorer())
    os.mkdir('out')
    Path('out/1.png').write_bytes(b'precious')
    assert main(['sr', *ALL]) == 1
    assert Path('out/1.png').read_bytes() == b'precious'
    assert list(results()) == NAMES and len(restorer.seen) == 5
    text = capsys.readouterr().out
    assert 'in/1.png: out/1.png exists and it was not written by' in text
    assert main(['sr', 'in/1.png', '-o', 'out', '--overwrite']) == 0
    assert Image.open('out/1.png').size == (96, 64)


def test_other_options_do_not_replace_results(photos, monkeypatch, capsys):
    use(monkeypatch, FakeRestorer())
    assert main(['sr', 'in', '-o', 'out']) == 0
    before = results()
    assert main(['sr', 'in', '-o', 'out', '--padding', 'minimal']) == 1
    assert results() == before
    text = capsys.readouterr().out
    assert "made with other options (padding 'released')" in text
    # A way to compute the same
    assert main(['sr', 'in', '-o', 'out', '--tile', 'exact']) == 0
    # The quality matters only where it is used
    assert main(['sr', 'in', '-o', 'out', '--quality', '50']) == 0
    assert results() == before


def test_one_bad_file_stops_nothing(photos, monkeypatch, capsys):
    use(monkeypatch, FakeRestorer())
    content = Path('in/0.png').read_bytes()
    Path('in/0.png').write_bytes(content[:1000])
    Path('in/3.png').write_bytes(b'')
    os.symlink('gone', 'in/lost.png')
    assert main(['sr', *ALL]) == 1
    assert list(results()) == ['1.png', '2.png', 'more/4.png', 'more/5.png']
    text = capsys.readouterr().out
    assert 'FAILED (3):' in text
    assert 'in/0.png: The image is damaged or cut off' in text
    assert 'in/3.png: ' in text
    assert 'in/lost.png: in/lost.png cannot be read: No such file' in text
    assert '4 done, 0 done before, 0 skipped, 3 failed' in text


def test_many_bad_files_are_all_named_in_a_file(photos, monkeypatch, capsys):
    use(monkeypatch, FakeRestorer())
    for number in range(25):
        Path(f'in/bad{number:02}.png').write_bytes(b'')
    assert main(['sr', 'in', '-o', 'out']) == 1
    text = capsys.readouterr().out
    assert 'bad24' not in text and '... and 5 more' in text
    report = Path('out', FOLDER, 'report.txt')
    assert str(report) in text
    assert 'bad24' in report.read_text()


def test_equal_sizes_are_computed_together(photos, monkeypatch):
    restorer = use(monkeypatch, FakeRestorer())
    photo(1, (40, 40)).save('in/1.png')
    assert main(['sr', *ALL, '--batch-size', '3']) == 0
    assert restorer.batches == [3, 2]  # and 1.png alone
    assert list(results()) == NAMES


def test_formats_and_suffixes(photos, monkeypatch):
    use(monkeypatch, FakeRestorer())
    photo().save('in/j.jpg')
    photo().save('in/t.tif')
    words = ['in/j.jpg', 'in/t.tif', '-o', 'out']
    assert main(['sr', *words]) == 0
    assert list(results()) == ['j.png', 't.tif']
    assert Image.open('out/j.png').format == 'PNG'
    assert Image.open('out/t.tif').format == 'TIFF'
    low = ['--format', 'jpg', '--quality', '10', '--suffix', '_x2']
    assert main(['sr', *words, *low]) == 0
    assert Image.open('out/t_x2.jpg').format == 'JPEG'
    size = Path('out/t_x2.jpg').stat().st_size
    assert main(['sr', 'in/t.tif', '-o', 'large.jpg']) == 0
    assert Image.open('large.jpg').size == (96, 64)
    assert Path('large.jpg').stat().st_size > size
    # The quality belongs to the result.
    again = ['sr', *words, *low[:2], *low[4:], '--quality', '20']
    assert main(again) == 1


def test_results_may_lie_beside_their_images(photos, monkeypatch, capsys):
    restorer = use(monkeypatch, FakeRestorer())
    words = ['sr', 'in', '-r', '-o', 'in', '--suffix', '_x2']
    assert main(words) == 0
    assert main(words) == 0  # without enlarging its results
    assert len(restorer.seen) == 6
    assert len(results('in')) == 12
    assert main(words[:-2]) == 2
    text = capsys.readouterr().err
    assert 'in/0.png would replace in/0.png' in text


@pytest.mark.parametrize(
    ('words', 'fact'),
    [
        (['gone.png', '-o', 'out'], 'gone.png'),
        (['empty', '-o', 'out'], 'empty'),
        (['in/*.webp', '-o', 'out'], "'in/*.webp'"),
        (['-o', 'out'], '--list'),
        (['--list', 'gone', '-o', 'out'], 'gone'),
        (['in', '-o', 'out.png'], 'out.png'),
        (['in', 'twice/0.jpg', '-o', 'out'], 'in/0.png and twice/0.jpg'),
        (['in', '-o', 'notes'], 'write notes'),
        (['in', '-o', 'notes/below'], 'write notes/below'),
        (['in', '-o', 'out', '--address', 'auto'], '--engine ray'),
        (['in', '-o', 'nosuch://out'], 'nosuch'),
    ],
)
def test_what_cannot_start(photos, monkeypatch, capsys, words, fact):
    use(monkeypatch, FakeRestorer())
    os.mkdir('empty')
    os.mkdir('twice')
    photo().save('twice/0.jpg')
    Path('notes').write_text('precious')
    assert main(['sr', *words]) == 2
    text = capsys.readouterr().err
    assert fact in text and text.startswith('adacode sr: error: ')
    assert not Path('out').exists()


def test_a_full_disk_ends_the_batch(photos, monkeypatch, capsys):
    restorer = use(monkeypatch, FakeRestorer())
    replace = os.replace

    def full(source, target):
        if str(target) == 'out/1.png':
            raise OSError(28, 'No space left on device')
        replace(source, target)

    monkeypatch.setattr(atomic_files.os, 'replace', full)
    assert main(['sr', *ALL]) == 1
    text = capsys.readouterr().out
    assert 'STOPPED: Expected to write out/1.png' in text
    assert 'No space left on device' in text
    assert '0.png' in results() and len(restorer.seen) < 6
    monkeypatch.undo()
    monkeypatch.chdir(photos)
    use(monkeypatch, restorer)
    assert main(['sr', *ALL]) == 0
    assert list(results()) == NAMES


@pytest.mark.parametrize('how', ['Ctrl-C', 'SIGTERM'])
def test_interrupted(photos, monkeypatch, capsys, how):
    def act(number):
        if number == 3 and how == 'Ctrl-C':
            raise KeyboardInterrupt
        if number == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    restorer = use(monkeypatch, FakeRestorer(act))
    assert main(['sr', *ALL]) == 130
    text = capsys.readouterr().out
    assert 'STOPPED: Interrupted: call again' in text
    assert 'images: 3 done' in text
    assert list(results()) == NAMES[:3] and unfinished() == set()
    restorer.act = lambda number: None
    assert main(['sr', *ALL]) == 0
    assert list(results()) == NAMES
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def killed_while_writing(count):
    """In a process of its own: dies between the bytes and their name."""
    replace = os.replace

    def kill(source, target):
        if str(target).endswith(f'{count}.png'):
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    atomic_files.os.replace = kill
    main(['sr', *ALL])


def test_killed_in_the_middle(photos, monkeypatch, capfd):
    restorer = use(monkeypatch, FakeRestorer())
    context = multiprocessing.get_context('fork')
    process = context.Process(target=killed_while_writing, args=(3,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    before = results()
    left = [name for name in before if TEMPORARY in name]
    finished = {x: y for x, y in before.items() if x not in left}
    assert len(left) == 1 and list(finished) == NAMES[:3]
    assert unfinished() == {'3.png'}
    assert main(['sr', *ALL]) == 0
    after = results()
    assert list(after) == NAMES and unfinished() == set()
    assert {x: after[x] for x in finished} == finished
    assert len(restorer.seen) == 3


def test_a_second_run_at_once_is_refused(photos, monkeypatch, capsys):
    monkeypatch.setattr('adacode_mm.work.journal.WAIT', 0.1)
    codes = []

    def act(number):
        if number == 1:
            codes.append(main(['sr', *ALL]))

    restorer = use(monkeypatch, FakeRestorer(act))
    assert main(['sr', *ALL]) == 0
    assert codes == [2] and len(restorer.seen) == 6
    assert list(results()) == NAMES
    assert 'writing to out' in capsys.readouterr().err


def test_a_single_file_has_no_journal(photos, monkeypatch, capsys):
    restorer = use(monkeypatch, FakeRestorer())
    assert main(['sr', 'in/0.png', '-o', 'large.bmp']) == 0
    assert Image.open('large.bmp').format == 'BMP'
    assert main(['sr', 'in/1.png', '-o', 'out']) == 0
    assert sorted(os.listdir('.')) == ['in', 'large.bmp', 'out']
    assert os.listdir('out') == ['1.png']
    # Nothing tells where it comes from.
    assert main(['sr', 'in/0.png', '-o', 'large.bmp']) == 1
    assert main(['sr', 'in/0.png', '-o', 'large.bmp', '--overwrite']) == 0
    assert len(restorer.seen) == 3
    # A folder that has a journal keeps it.
    assert main(['sr', *ALL, '--overwrite']) == 0
    photo(9).save('in/1.png')
    assert main(['sr', 'in/1.png', '-o', 'out']) == 0
    assert main(['sr', *ALL]) == 0 and len(restorer.seen) == 10


def test_a_format_that_cannot_be_written(photos, monkeypatch, capsys):
    use(monkeypatch, FakeRestorer())
    assert main(['sr', 'in/0.png', '-o', 'large.gif']) == 2
    assert 'large.gif' in capsys.readouterr().err
    assert os.listdir('.') == ['in']


@pytest.mark.parametrize('size', range(252, 256))
def test_long_names_stop_nothing(photos, monkeypatch, size):
    use(monkeypatch, FakeRestorer())
    name = 'x' * (size - 4) + '.png'
    photo(1).save(f'in/{name}')
    photo(2).save('in/z.png')
    assert main(['sr', *ALL]) == 0
    assert set(results()) == {*NAMES, name, 'z.png'}
    # Where the result cannot have a name, the others have theirs.
    code = main(['sr', 'in', '-o', 'more', '--suffix', '_x2'])
    fits = size + 3 <= 255
    assert code == (0 if fits else 1)
    assert len(results('more')) == 5 + fits


def test_a_pipe_is_refused_at_once(photos, monkeypatch, capsys):
    use(monkeypatch, FakeRestorer())
    os.mkfifo('in/p.png')
    assert main(['sr', 'in/p.png', '-o', 'out']) == 1
    assert main(['sr', *ALL]) == 1
    assert capsys.readouterr().out.count('in/p.png: ') == 2
    assert list(results()) == NAMES


def test_what_a_folder_run_leaves_out_is_named(photos, monkeypatch, capsys):
    use(monkeypatch, FakeRestorer())
    Path('in/notes.txt').touch()
    assert main(['sr', *ALL]) == 0
    text = capsys.readouterr().out
    assert '1 skipped' in text and 'in/notes.txt: ' in text
    # Also a second folder of results inside of the images.
    assert main(['sr', 'in', '-o', 'in/x2']) == 0
    assert main(['sr', 'in', '-r', '-o', 'in/again']) == 0
    text = capsys.readouterr().out
    assert '6 done, 0 done before, 5 skipped' in text
    assert 'in/x2/0.png: ' in text


def test_a_defect_leaves_its_traceback(photos, monkeypatch, capsys):
    def act(number):
        if number == 1:
            raise KeyError('a defect')

    use(monkeypatch, FakeRestorer(act))
    assert main(['sr', 'in', '-o', 'out']) == 1
    shown = capsys.readouterr()
    log = Path('out', FOLDER, 'errors.log')
    assert str(log) in shown.out and 'Traceback' not in shown.err
    assert "raise KeyError('a defect')" in log.read_text()
    for words in (['in', '-o', 'b', '--debug'], ['in/0.png', '-o', '0.png']):
        calls = iter((1, 0, 0, 0))
        use(monkeypatch, FakeRestorer(lambda n, c=calls: act(next(c))))
        assert main(['sr', *words]) == 1
        assert "raise KeyError('a defect')" in capsys.readouterr().err


def test_through_urls(photos, monkeypatch):
    fsspec = pytest.importorskip('fsspec')
    monkeypatch.setenv('XDG_CACHE_HOME', str(photos / 'cache'))
    store = fsspec.filesystem('memory')
    for name in NAMES:
        store.pipe_file(f'/photos/{name}', Path('in', name).read_bytes())
    restorer = use(monkeypatch, FakeRestorer())
    words = ['memory://photos', '-r', '-o', 'memory://out']
    try:
        assert main(['sr', *words]) == 0
        for name in NAMES:
            with store.open(f'/out/{name}') as file:
                assert Image.open(file).size == (96, 64)
        assert main(['sr', *words]) == 0 and len(restorer.seen) == 6
        one = ['memory://photos/1.png', '-o', 'memory://out/one.jpg']
        assert main(['sr', *one]) == 0
        assert store.cat_file('/out/one.jpg')[:2] == b'\xff\xd8'
    finally:
        for folder in ('/photos', '/out'):
            store.rm(folder, recursive=True)


def test_too_little_memory_for_one_image(photos, monkeypatch, capsys):
    def act(number):
        if number == 1:
            raise MemoryError

    use(monkeypatch, FakeRestorer(act))
    assert main(['sr', 'in', '-o', 'out', '--batch-size', '1']) == 1
    assert list(results()) == ['0.png', '2.png', '3.png']
    text = capsys.readouterr().out
    assert 'in/1.png: It needs more memory than there is' in text
