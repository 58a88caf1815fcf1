"""Options that stand for several places of a config."""

import argparse

import pytest
from mmengine.config import Config, DictAction
from tiny_stages import CONFIGS, TINY

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.run_config import load_config

FULL = CONFIGS / 'adacode'
ABLATION = FULL / 'ablation_bases.py'
SIZES = {
    'arch': 512,
    'indoor': 256,
    'nature': 512,
    'street': 256,
    'portrait': 256,
}
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def given(*words):
    """Options as the command line reads them."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    return parser.parse_args(['--cfg-options', *words]).cfg_options


def data_roots(cfg):
    return [cfg[loader].dataset.data_root for loader in LOADERS]


@pytest.mark.parametrize('name', ['stage1_arch', 'stage3_sr_x4'])
def test_one_data_root_reaches_all_data_sets(name):
    path = FULL / f'{name}.py'
    assert data_roots(load_config(path)) == ['data/adacode'] * 3
    cfg = load_config(path, cfg_options=given('data_root=/data/mine'))
    assert cfg.data_root == '/data/mine'
    assert data_roots(cfg) == ['/data/mine'] * 3


def test_a_data_set_may_have_its_own_root():
    options = given(
        'data_root=/mine', 'val_dataloader.dataset.data_root=/other'
    )
    cfg = load_config(FULL / 'stage2.py', cfg_options=options)
    assert data_roots(cfg) == ['/mine', '/other', '/mine']
    # and keeps it when the others move again
    cfg = load_config(cfg, cfg_options=given('data_root=/third'))
    assert data_roots(cfg) == ['/third', '/other', '/third']


def test_the_environment_gives_the_data_root(monkeypatch):
    monkeypatch.setenv('ADACODE_DATA', '/shared/data sets')
    cfg = Config.fromfile(FULL / 'stage3_inpaint.py')  # without our loader
    assert data_roots(cfg) == ['/shared/data sets'] * 3
    tiny = Config.fromfile(TINY / 'stage2.py')
    assert '/shared/data sets' not in data_roots(tiny)


@pytest.mark.parametrize('option', ['data_root=x', 'bases=arch'])
def test_nothing_to_derive_from(option):
    with pytest.raises(ConfigError) as caught:
        load_config(Config({'model': {}}), cfg_options=given(option))
    assert option.partition('=')[0] in str(caught.value)


@pytest.mark.parametrize(
    ('option', 'names'),
    [
        ('bases=arch,nature', ['arch', 'nature']),
        ('bases=[nature,arch]', ['nature', 'arch']),
        ('bases=portrait', ['portrait']),
        ('bases=[street]', ['street']),
        ('bases=indoor,street,arch,portrait', None),
        ('bases=arch,indoor,nature,street,portrait', None),
    ],
)
def test_any_bases_in_any_order(option, names):
    names = names or option.removeprefix('bases=').split(',')
    cfg = load_config(ABLATION, cfg_options=given(option))
    assert cfg.bases == names
    generator = cfg.model.generator
    sizes = [each.num_embeddings for each in generator.quantizers]
    assert sizes == [SIZES[name] for name in names]
    assert (generator.weight_predictor is None) == (len(names) == 1)
    found = {
        source.checkpoint: dict(source.parts)
        for source in cfg.model.init_cfg.sources
    }
    assert found == {
        f'work_dirs/stage1_{name}': {
            f'generator.quantizers.{k}': 'generator.quantizers.0'
        }
        for k, name in enumerate(names)
    }
    suffix = '' if len(names) == 5 else f'_{"_".join(names)}'
    assert cfg.work_dir == f'work_dirs/ablation_bases{suffix}'


@pytest.mark.parametrize('names', [['nature', 'arch'], ['street']])
def test_the_third_stage_follows_the_second(names):
    options = {'bases': names}
    stage2 = load_config(FULL / 'stage2.py', cfg_options=options)
    stage3 = load_config(FULL / 'stage3_sr_x2.py', cfg_options=options)
    for network in ('generator', 'hq_prior'):
        for key in ('quantizers', 'weight_predictor'):
            assert stage3.model[network][key] == stage2.model.generator[key]
    (source,) = stage3.model.init_cfg.sources
    assert source.checkpoint == stage2.work_dir
    predictor = 'generator.weight_predictor'
    assert (predictor in source.parts) == (len(names) > 1)
    assert source.parts['hq_prior'] == 'generator'


def test_a_selection_is_final(tmp_path):
    """What was written by a run is read again as it is."""
    before = Config.fromfile(ABLATION)
    copied = before.to_dict()
    cfg = load_config(before, cfg_options=given('bases=nature,arch,street'))
    assert before.to_dict() == copied, 'the given config was changed'
    written = tmp_path / 'ablation_bases.py'
    cfg.dump(written)
    again = load_config(written)
    assert again.to_dict() == cfg.to_dict()
    again = load_config(written, cfg_options=given('bases=nature,arch,street'))
    assert again.to_dict() == cfg.to_dict()
    fewer = load_config(written, cfg_options=given('bases=arch'))
    assert [q.num_embeddings for q in fewer.model.generator.quantizers] == [
        512
    ]
    with pytest.raises(ConfigError) as caught:
        load_config(written, cfg_options=given('bases=portrait'))
    assert 'portrait' in str(caught.value)


def test_what_is_given_explicitly_wins():
    cfg = load_config(
        ABLATION,
        cfg_options=given(
            'bases=nature,arch',
            'work_dir=here',
            'model.init_cfg.sources.0.checkpoint=there.pth',
        ),
    )
    assert cfg.work_dir == 'here'
    first, second = cfg.model.init_cfg.sources  # in the order of the bases
    assert first.checkpoint == 'there.pth'
    assert second.checkpoint == 'work_dirs/stage1_arch'


@pytest.mark.parametrize(
    'option',
    ['bases=arch,cats', 'bases=arch,arch', 'bases=[]', 'bases=Arch'],
)
def test_unknown_or_repeated_bases(option):
    found = option.removeprefix('bases=').strip('[]').split(',')
    with pytest.raises(ConfigError) as error:
        load_config(ABLATION, cfg_options=given(option))
    message = str(error.value)
    assert all(name in message for name in (*SIZES, *found))


def test_one_codebook_with_the_codes_of_several_stages():
    """Its source names a list of checkpoints, each of the chosen codebooks."""
    cfg = Config.fromfile(FULL / 'stage3_sr_x4.py')
    cfg.model.init_cfg.sources[0].checkpoint = ['work_dirs/a', 'work_dirs/b']
    cfg = load_config(cfg, cfg_options=given('bases=nature,arch'))
    (source,) = cfg.model.init_cfg.sources
    assert source.checkpoint == [
        'work_dirs/a_nature_arch',
        'work_dirs/b_nature_arch',
    ]
