"""Which tensors of the encoder each stage III starts from stage II."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from mmengine.config import Config
from released_state import read_keys
from shrunk_configs import CONFIGS, shrunk_config
from tiny_stages import seeded_model

from adacode_mm.checkpoints.pretrained_parts import PretrainedParts
from adacode_mm.models.adacode.released_keys import map_released_keys

FULL = CONFIGS / 'adacode'
# Released layout, config that starts its encoder likewise, tensors.
LIKE_THE_RELEASE = [
    ('stage3_x4', 'released/stage3_sr_x4_encoder_init', 8),
    ('stage3_x2', 'released/stage3_sr_x2_encoder_init', 17),
    ('stage3_inpaint', 'stage3_inpaint', 56),
]
ENCODER = 'generator.encoder.'


def parts_of(name):
    (source,) = Config.fromfile(FULL / f'{name}.py').model.init_cfg.sources
    return dict(source.parts)


def expanded(parts, keys):
    """Tensor -> tensor that it starts from, for the encoder."""
    return {
        key: start + key.removeprefix(target)
        for target, start in parts.items()
        for key in keys
        if key.startswith(ENCODER)
        and (key == target or key.startswith(f'{target}.'))
    }


@pytest.mark.parametrize(('layout', 'name', 'count'), LIKE_THE_RELEASE)
def test_the_parts_are_what_matches_by_name_and_shape(layout, name, count):
    """The rule of the release, applied to its own files."""
    stage2, stage3 = (
        {key: shape for key, shape, learned in read_keys(kind) if learned}
        for kind in ('stage2', layout)
    )
    source, target = map_released_keys(stage2), map_released_keys(stage3)
    matching = {
        f'generator.{target[key]}': f'generator.{source[key]}'
        for key, shape in stage3.items()
        if stage2.get(key) == shape
    }
    encoder = {k: v for k, v in matching.items() if k.startswith(ENCODER)}
    assert len(encoder) == count
    keys = [f'generator.{key}' for key in target.values()]
    assert expanded(parts_of(name), keys) == encoder


@pytest.mark.parametrize('name', ['stage3_sr_x2', 'stage3_sr_x4'])
def test_the_default_starts_no_part_of_the_encoder(name):
    parts = parts_of(name)
    assert not [part for part in parts if part.startswith(ENCODER[:-1])]
    variant = parts_of(f'released/{name}_encoder_init')
    assert parts.items() <= variant.items()
    added = variant.keys() - parts.keys()
    assert all(part.startswith(ENCODER) for part in added)


@pytest.mark.parametrize(('layout', 'name', 'count'), LIKE_THE_RELEASE)
def test_exactly_these_tensors_have_the_values(layout, name, count, tmp_path):
    stage2 = seeded_model(shrunk_config(FULL / 'stage2.py'), seed=1)
    path = tmp_path / 'stage2.pth'
    state = stage2.state_dict()
    for value in state.values():  # biases and norms are not constant, either
        if value.is_floating_point():
            value.uniform_(-1, 1)
    torch.save({'state_dict': state}, path)
    model = seeded_model(shrunk_config(FULL / f'{name}.py'), seed=2)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    parts = parts_of(name)
    PretrainedParts([{'checkpoint': str(path), 'parts': parts}])(model)
    after = model.state_dict()
    started = expanded(parts, after)
    assert len(started) == count
    for key in after:
        if key in started:
            assert torch.equal(after[key], state[started[key]]), key
        elif key.startswith(ENCODER):
            assert torch.equal(after[key], before[key]), key
