import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
from tiny_stages import seeded_model, seeded_optimizers, tiny_config

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.check_training import check_training

COUNTS = 'optim_wrapper.{}.accumulative_counts'
GENERATOR, DISCRIMINATOR = map(COUNTS.format, ('generator', 'discriminator'))
CHECKPOINT = 'default_hooks.checkpoint.interval'
VALIDATION = 'train_cfg.val_interval'


def check(**options):
    check_training(tiny_config('stage1_arch', **options))


@pytest.mark.parametrize(
    'options',
    [
        {CHECKPOINT: 7, VALIDATION: 11},
        {GENERATOR: 4, CHECKPOINT: 8, VALIDATION: 12},
        {GENERATOR: 2, DISCRIMINATOR: 3, CHECKPOINT: 6, VALIDATION: 12},
        {GENERATOR: 4, CHECKPOINT: -1, VALIDATION: 12},
    ],
)
def test_what_can_be_resumed(options):
    check(**options)


@pytest.mark.parametrize(
    ('options', 'name', 'unit', 'close'),
    [
        ({GENERATOR: 4, CHECKPOINT: 10, VALIDATION: 12}, CHECKPOINT, 4, 8),
        ({DISCRIMINATOR: 4, CHECKPOINT: 8, VALIDATION: 1}, VALIDATION, 4, 4),
        (
            {GENERATOR: 2, DISCRIMINATOR: 3, CHECKPOINT: 10, VALIDATION: 12},
            CHECKPOINT,
            6,
            12,
        ),
        (
            {
                GENERATOR: 2,
                CHECKPOINT: 6,
                VALIDATION: 12,
                'model.train_cfg': {'disc_steps': 2},
            },
            CHECKPOINT,
            4,
            8,
        ),
        (
            {
                GENERATOR: 2,
                CHECKPOINT: 6,
                VALIDATION: 12,
                'model.train_cfg': {'disc_init_steps': 5},
            },
            'model.train_cfg.disc_init_steps',
            2,
            4,
        ),
    ],
)
def test_checkpoints_in_the_middle_of_an_accumulation(
    options, name, unit, close
):
    with pytest.raises(ConfigError) as caught:
        check(**options)
    for fact in (name, f'multiple of {unit}', f' {close}.'):
        assert fact in str(caught.value)


@pytest.mark.parametrize(
    ('options', 'facts'),
    [
        (
            {'optim_wrapper.discriminator': None},
            ['optim_wrapper.discriminator', 'model.discriminator=None'],
        ),
        (
            {'model.discriminator': None},
            ['model.discriminator', 'optim_wrapper.discriminator=None'],
        ),
        (
            {'optim_wrapper.optimizer': {'type': 'Adam'}},
            ['optim_wrapper.constructor', 'optim_wrapper.generator'],
        ),
        (
            {DISCRIMINATOR: 2, 'model.train_cfg': {'disc_repeat': 2}},
            ['model.train_cfg.disc_repeat=2', f'{DISCRIMINATOR}=2'],
        ),
    ],
)
def test_optimizers_without_a_part_and_parts_without_one(options, facts):
    with pytest.raises(ConfigError) as caught:
        check(**options)
    for fact in facts:
        assert fact in str(caught.value)


def test_a_training_without_a_discriminator_has_one_optimizer():
    cfg = tiny_config(
        'stage1_arch',
        **{'optim_wrapper.discriminator': None, 'model.discriminator': None},
    )
    check_training(cfg)
    model = seeded_model(cfg)
    assert model.discriminator is None
    assert [*seeded_optimizers(cfg, model).optim_wrappers] == ['generator']
