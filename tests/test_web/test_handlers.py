import logging
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from shrunk_configs import PHOTOS

gr = pytest.importorskip('gradio', reason='needs the extra "web"')

from adacode_mm.core.exceptions import InputError  # noqa: E402
from adacode_mm.images.read_picture import read_picture  # noqa: E402
from adacode_mm.web.handlers import Handlers, Job  # noqa: E402
from adacode_mm.web.upload import look_at  # noqa: E402

PHOTO = PHOTOS / 'coffee_odd_131x97.png'
PAGE = SimpleNamespace(session_hash='page')


@pytest.fixture
def messages(monkeypatch):
    """What the page shows, as (kind, text)."""
    shown = []
    for kind in ('Info', 'Warning'):
        monkeypatch.setattr(
            gr, kind, lambda text, kind=kind, **_: shown.append((kind, text))
        )
    return shown


@pytest.fixture
def handlers(shelf):
    """Of a page that shows the photograph."""
    handlers = Handlers(shelf, 10**6)
    handlers.receive(str(PHOTO), PAGE)
    return handlers


@pytest.fixture
def job(model_files):
    upload, _ = look_at(PHOTO, 10**6)
    model = str(model_files['sr_x4'])
    return Job(upload, 'sr', model, 'paint', None, None)


def no_progress(done, desc):
    pass


def test_a_picture_is_received(handlers, messages):
    preview, upload, facts, editor = handlers.receive(str(PHOTO), PAGE)
    expected = np.rint(read_picture(PHOTO).pixels * 255)
    assert np.array_equal(preview, expected)
    assert editor is preview
    assert upload.path == PHOTO
    assert facts == upload.facts
    assert messages == []


def test_a_large_picture_is_previewed_smaller(shelf, tmp_path):
    path = tmp_path / 'wide.png'
    from PIL import Image

    Image.new('RGB', (4000, 20), 'red').save(path)
    preview, upload, *_ = Handlers(shelf, 10**6).receive(str(path), PAGE)
    assert preview.shape == (5, 1024, 3)
    assert (upload.width, upload.height) == (4000, 20)


def test_what_cannot_be_read_is_forgotten_with_a_sentence(
    handlers, messages, tmp_path
):
    path = tmp_path / 'text.png'
    path.write_text('hello')
    *nothing, said, background = handlers.receive(str(path), PAGE)
    assert [*nothing, background] == [None] * 3
    assert messages == [('Warning', said)]
    assert 'PNG' in said


def test_a_message_is_no_html(handlers, messages, monkeypatch):
    def refuse(*_):
        raise InputError('<img src=x>.png is broken')

    monkeypatch.setattr('adacode_mm.web.handlers.look_at', refuse)
    handlers.receive('any', PAGE)
    assert messages == [('Warning', '&lt;img src=x&gt;.png is broken')]


def test_what_nobody_expected_is_logged_not_shown(
    handlers, messages, monkeypatch, caplog
):
    def fail(*_):
        raise RuntimeError('a secret detail')

    monkeypatch.setattr('adacode_mm.web.handlers.look_at', fail)
    with caplog.at_level(logging.ERROR):
        *_, text, _ = handlers.receive('any', PAGE)
    assert messages == [('Warning', text)]
    assert 'secret' not in text and 'terminal' in text
    assert 'a secret detail' in caplog.text


def test_the_result_comes_before_weights_and_codes(
    handlers, messages, job, shelf
):
    answers = handlers.run(job, 'page', no_progress)
    restored, nothing = next(answers)
    assert nothing is None
    expected = shelf.get(job.model)(PHOTO)
    pixels = read_picture(restored.file).pixels
    assert np.array_equal(np.rint(pixels * 255), expected)
    nothing, seen = next(answers)
    assert nothing is None and len(seen.weights) == 5
    assert list(answers) == []
    assert not restored.file.exists()  # Gradio has its copy by now
    assert messages == []


def test_stop_ends_a_running_restoration(handlers, messages, job):
    shares = []

    def stop_in_the_middle(done, desc):
        shares.append(done)
        if done > 0.4:
            handlers.stop(PAGE)

    assert list(handlers.run(job, 'page', stop_in_the_middle)) == []
    assert messages == [('Info', 'Stopped.')]
    assert 0.4 < max(shares) < 0.5
    # The next one is not stopped.
    assert len(list(handlers.run(job, 'page', no_progress))) == 2


def test_closing_waits_for_what_runs_and_starts_no_more(
    handlers, messages, job
):
    running = threading.Event()
    answers = []
    thread = threading.Thread(
        target=lambda: answers.extend(
            handlers.run(job, 'page', lambda *_, **__: running.set())
        )
    )
    thread.start()
    assert running.wait(20)
    handlers.close()
    assert not handlers._turn.locked()
    thread.join(20)
    assert not thread.is_alive()
    assert list(handlers.run(job, 'page', no_progress)) == []
    assert answers == [] and messages == []


def test_a_page_that_was_left_stops_without_a_word(handlers, messages, job):
    def leave(done, desc):
        handlers.leave(PAGE)

    assert list(handlers.run(job, 'page', leave)) == []
    assert messages == []


def test_no_result_of_another_picture(handlers, messages, job, tmp_path):
    other = tmp_path / 'other.png'
    other.write_bytes(PHOTO.read_bytes())
    answers = handlers.run(job, 'page', no_progress)
    next(answers)
    handlers.receive(str(other), PAGE)
    assert list(answers) == []

    def change(done, desc):
        if done > 0.4:
            handlers.receive(str(other), PAGE)

    handlers.receive(str(PHOTO), PAGE)
    assert list(handlers.run(job, 'page', change)) == []
    assert messages == []
    # The page has not heard of the other one yet, but shows it.
    handlers.receive(str(other), PAGE)
    [text] = handlers.run(job, 'page', no_progress)
    assert messages == [('Warning', text)]


def test_one_restoration_at_a_time(handlers, messages, job):
    """Also when Gradio's queue lets a second one in."""
    told = []
    waiting = threading.Event()

    def progress(done, desc):
        told.append(desc)
        waiting.set()

    with handlers._turn:
        thread = threading.Thread(
            target=lambda: list(handlers.run(job, 'page', progress))
        )
        thread.start()
        assert waiting.wait(20)
        assert set(told) == {'Waiting for another restoration to end'}
        handlers.stop(PAGE)
        thread.join(20)
        assert not thread.is_alive()
    assert messages == [('Info', 'Stopped.')]


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'upload': None}, 'There is no picture yet'),
        ({'model': '/etc/passwd'}, 'There is no model for this yet'),
        ({'task': 'inpaint'}, 'There is no model for this yet'),
    ],
)
def test_jobs_that_cannot_start(handlers, messages, job, change, sentence):
    [text] = handlers.run(job._replace(**change), 'p', no_progress)
    assert messages == [('Warning', text)]
    assert sentence in text


def test_inpainting_needs_a_mask(
    handlers, messages, job, model_files, monkeypatch
):
    opened = []  # which may mean a download
    monkeypatch.setattr(handlers.shelf, 'get', opened.append)
    job = job._replace(task='inpaint', model=str(model_files['inpaint']))
    other = job._replace(mask_source='file')
    [painted] = handlers.run(job, 'page', no_progress)
    [file] = handlers.run(other, 'page', no_progress)
    assert 'nothing is painted' in painted
    assert 'Expected a mask file' in file
    assert opened == []


def test_a_result_beyond_the_limit_is_refused(shelf, messages, job):
    handlers = Handlers(shelf, 131 * 97 * 16 - 1)
    [text] = handlers.run(job, 'page', no_progress)
    assert '--max-pixels' in text


def test_choices_follow_the_task(handlers, model_files):
    scale, model, mask = handlers.choose_task('sr')
    assert scale.choices == [('x2', 2), ('x4', 4)] and scale.value == 4
    assert scale.visible and not mask.visible
    assert model.value == str(model_files['sr_x4'])
    assert handlers.choose_scale('sr', 2).value == 'adacode-tiny-x2'
    scale, model, mask = handlers.choose_task('inpaint')
    assert not scale.visible and mask.visible
    assert model.value == str(model_files['inpaint'])
    assert not handlers.choose_model(model.value).visible
    editor, file = handlers.choose_mask_source('file')
    assert file.visible and not editor.visible
