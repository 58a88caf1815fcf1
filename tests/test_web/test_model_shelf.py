import pytest

from adacode_mm.checkpoints.pretrained import PRETRAINED
from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.core.fetching import cached_path
from adacode_mm.web.model_shelf import ModelChoice, ModelShelf


class Opened:
    """Stands for a restorer."""

    def __init__(self, name):
        self.name = name
        self.task, self.scale = name.split()[-1].split('/')
        self.scale = int(self.scale)
        self.takes_fidelity = 'soft' in name


@pytest.fixture
def opened():
    return []


@pytest.fixture
def counting(opened):
    def open_restorer(name):
        opened.append(name)
        return Opened(name)

    return ModelShelf(open_restorer, capacity=2)


def test_named_models_come_first_then_those_of_the_package(shelf, model_files):
    assert [choice.name for choice in shelf.choices] == [
        str(model_files['sr_x4']),
        str(model_files['inpaint']),
        'adacode-tiny-x4',
        'adacode-tiny-x2',
        'adacode-tiny-inpaint',
        'adacode-x2',
        'adacode-x4',
        'adacode-inpaint',
        'adacode-stage2',
    ]
    assert shelf.choices[0][1:] == (
        'my_sr_x4.safetensors',
        'sr',
        4,
        False,
    )
    assert shelf.tasks() == ['sr', 'inpaint', 'reconstruct']
    assert shelf.scales('sr') == [2, 4]
    labels = [choice.label for choice in shelf.fitting('sr', 4)]
    assert labels[:2] == ['my_sr_x4.safetensors', 'adacode-tiny-x4']
    assert labels[2].startswith('adacode-x4')


def test_labels_say_what_is_still_to_be_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv('ADACODE_CACHE', str(tmp_path))
    cached_path(PRETRAINED['adacode-x2'].url).touch()
    shelf = ModelShelf(Opened)
    shelf.add_published()
    for scale, label in ((2, 'adacode-x2'), (4, 'adacode-x4 (to download)')):
        assert [choice.label for choice in shelf.fitting('sr', scale)] == [
            f'adacode-tiny-x{scale}',
            label,
        ]
    # Chosen when the page opens.
    assert shelf.choices[0] == ModelChoice(
        'adacode-tiny-x4', 'adacode-tiny-x4', 'sr', 4, fidelity=True
    )


def test_the_model_unused_for_longest_leaves(counting, opened):
    counting.add_named(['a sr/2', 'b sr/2', 'c sr/4'])
    assert opened == ['a sr/2', 'b sr/2', 'c sr/4']
    counting.get('b sr/2')  # still there, and now used
    counting.get('a sr/2')  # c leaves
    counting.get('b sr/2')
    assert opened[3:] == ['a sr/2']
    assert counting.get('c sr/4').name == 'c sr/4'
    assert opened[3:] == ['a sr/2', 'c sr/4']


def test_some_models_have_a_fidelity(counting):
    counting.add_named(['a sr/2', 'soft sr/2'])
    assert counting.takes_fidelity('soft sr/2')
    assert not counting.takes_fidelity('a sr/2')
    assert not counting.takes_fidelity(None)


def test_a_page_cannot_name_a_file_of_its_own(counting, opened):
    counting.add_named(['a sr/2'])
    with pytest.raises(InputError, match=r'on this page.*/etc/passwd'):
        counting.get('/etc/passwd')
    assert opened == ['a sr/2']


def test_files_of_one_name_are_told_apart(counting):
    counting.add_named(['x/net.pth sr/2', 'y/net.pth sr/2'])
    assert counting.choices == [
        ModelChoice(name, name, 'sr', 2)
        for name in ('x/net.pth sr/2', 'y/net.pth sr/2')
    ]


def test_a_file_that_is_none_is_told_at_once(tmp_path, shelf):
    other = ModelShelf(shelf._open)
    with pytest.raises(CheckpointError, match=r'nothing\.pth'):
        other.add_named([str(tmp_path / 'nothing.pth')])
