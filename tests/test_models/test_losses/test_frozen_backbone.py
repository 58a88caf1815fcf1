import copy
import io
import pickle
import warnings
from functools import partial
from urllib.error import URLError

import pytest
import torch
from torch import nn
from torchvision.models import AlexNet_Weights

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.losses.frozen_backbone import (
    FrozenBackbone,
    backbone_weights,
    load_weights,
)

PUBLISHED = AlexNet_Weights.IMAGENET1K_V1
NAME = 'alexnet-owt-7be5be79.pth'


@pytest.fixture
def backbone():
    return FrozenBackbone(partial(nn.Linear, 2, 3))


def test_built_once_frozen_and_evaluating(backbone):
    net = backbone.on(torch.zeros(1))
    assert backbone.on(torch.zeros(1)) is net
    assert not net.training
    assert not net.weight.requires_grad


def test_dtype_is_followed_but_never_below_float32(backbone):
    for given, expected in [
        (torch.float64, torch.float64),
        (torch.float32, torch.float32),
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
    ]:
        x = torch.zeros(1, 2, dtype=given)
        assert backbone.on(x).weight.dtype == expected
        assert FrozenBackbone.as_input(x).dtype == expected


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')
def test_device_is_followed(backbone):
    for device in ('cpu', 'cuda', 'cpu'):
        x = torch.zeros(1, 2, device=device)
        assert backbone.on(x)(x).device.type == device


def test_copies_share_and_pickles_drop_the_network(backbone):
    x = torch.zeros(1, 2)
    net = backbone.on(x)
    assert copy.deepcopy(backbone).on(x) is net
    assert pickle.loads(pickle.dumps(backbone))._net is None
    assert backbone.on(x) is net


def test_built_in_inference_mode_it_still_gives_gradients(backbone):
    x = torch.zeros(1, 2)
    with torch.inference_mode():
        backbone.on(x)
    x = torch.ones(1, 2, dtype=torch.float64, requires_grad=True)
    backbone.on(x)(x).sum().backward()
    assert x.grad.abs().sum() > 0


def test_downloads_to_the_hub_folder_with_its_hash(offline_hub, monkeypatch):
    calls = []

    def download(url, dst, hash_prefix, progress):
        calls.append((url, dst, hash_prefix))
        torch.save({'w': torch.ones(1)}, dst)

    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    for _ in range(2):  # the second time from the cache
        assert backbone_weights(PUBLISHED)['w'] == 1
    assert calls == [(PUBLISHED.url, str(offline_hub / NAME), '7be5be79')]


def _raising(error):
    def download(*args, **kwargs):
        raise error

    return download


@pytest.mark.parametrize(
    'error', [URLError('down'), RuntimeError('invalid hash value: down')]
)
def test_failed_download_is_one_sentence(offline_hub, monkeypatch, error):
    monkeypatch.setattr(torch.hub, 'download_url_to_file', _raising(error))
    with pytest.raises(CheckpointError) as caught:
        backbone_weights(PUBLISHED)
    sentence = str(caught.value)
    assert sentence.startswith(NAME)
    for part in (PUBLISHED.url, str(offline_hub), '`weights`', 'down'):
        assert part in sentence
    assert '\n' not in sentence


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(
        CheckpointError, match=r'none\.pth.* is no file.*https'
    ):
        backbone_weights(PUBLISHED, str(tmp_path / 'none.pth'))


class _RunsCode:
    def __reduce__(self):
        return warnings.warn, ('code of a checkpoint was run',)


def _saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    'content',
    [b'', b'not a checkpoint', _saved({'w': _RunsCode()}), _saved([1, 2])],
    ids=['empty', 'text', 'code', 'list'],
)
def test_file_that_is_no_state_dict(tmp_path, recwarn, content):
    path = tmp_path / 'weights.pth'
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f'{path} must be a state dict'):
        backbone_weights(PUBLISHED, str(path))
    assert not [w for w in recwarn if 'was run' in str(w.message)]


def test_load_weights_takes_its_part_of_the_file():
    with torch.device('meta'):
        net = nn.Linear(2, 3)
    weights = {
        'a.weight': torch.arange(6.0).view(3, 2),
        'a.bias': torch.ones(3),
        'b.weight': torch.zeros(9),
    }
    load_weights(net, weights, 'a.')
    assert net(torch.tensor([[1.0, 1.0]])).tolist() == [[2.0, 6.0, 10.0]]


@pytest.mark.parametrize(
    ('weights', 'message'),
    [
        ({'a.bias': torch.ones(3)}, r'a\.weight of shape \(3, 2\), got none'),
        ({'a.weight': torch.ones(2)}, r'\(3, 2\), got \(2,\)'),
    ],
)
def test_load_weights_of_another_network(weights, message):
    with pytest.raises(CheckpointError, match=message):
        load_weights(nn.Linear(2, 3), weights, 'a.')
