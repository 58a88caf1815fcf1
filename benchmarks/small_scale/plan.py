"""What the small-scale reproduction trains, and after what."""

from typing import NamedTuple

GROUPS = tuple(f'group{k}' for k in range(5))


class Training(NamedTuple):
    """One training.

    Attributes:
        name: Of its work directory.
        config: Of its config, below configs/small.
        needs: Names of the trainings whose checkpoints it starts from.
        bases: Codebooks it has; empty for those that the config names.
    """

    name: str
    config: str
    needs: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()


def _codebooks():
    return [Training(f'stage1_{g}', f'stage1_{g}') for g in GROUPS]


def _of_all_codebooks(name):
    return Training(name, name, tuple(f'stage1_{group}' for group in GROUPS))


def _super_resolution(scale):
    """Degraded images alone, then clean ones, too; then the decoder moves."""
    name = f'stage3_sr_x{scale}'
    mixed, tuned = f'{name}_mixed', f'{name}_tuned'
    yield Training(name, name, ('stage2',))
    yield Training(mixed, mixed, ('stage2', name))
    yield Training(tuned, tuned, ('stage2', mixed))


def _inpainting():
    """With the decoder of stage II, then the decoder moves, too."""
    name = 'stage3_inpaint'
    tuned = f'{name}_tuned'
    yield Training(name, name, ('stage2',))
    yield Training(tuned, tuned, ('stage2', name))


def _fewer_bases():
    """Fig. 9: the first one, two, three and four of the five."""
    for count in range(1, len(GROUPS)):
        bases = GROUPS[:count]
        yield Training(
            '_'.join(('stage2', *bases)),
            'stage2',
            tuple(f'stage1_{name}' for name in bases),
            bases,
        )


# In this order, as far as what they need is there.
PLAN = (
    *_codebooks(),
    _of_all_codebooks('stage2'),
    Training('vqgan_512x112', 'vqgan_512x112'),
    *_super_resolution(4),
    *_super_resolution(2),
    *_inpainting(),
    _of_all_codebooks('vqgan_aux_896x64'),
    *_fewer_bases(),
    # Is VQGAN-aux held back by its frozen codes?
    _of_all_codebooks('vqgan_aux_moving'),
)
