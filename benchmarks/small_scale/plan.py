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
    return [
        Training(f'stage1_{g}', f'stage1_{g}', ('autoencoder',))
        for g in GROUPS
    ]


def _of_all_codebooks(name):
    """With the features of the autoencoder and codes of stage I."""
    codes = (f'stage1_{group}' for group in GROUPS)
    return Training(name, name, ('autoencoder', *codes))


def _restoration(task, *needs):
    """By pixels alone; then sharper, from there."""
    name = f'stage3_{task}'
    sharp = f'{name}_sharp'
    yield Training(name, name, ('stage2', *needs))
    yield Training(sharp, sharp, ('stage2', name))


def _fewer_bases():
    """Fig. 9: the first one, two, three and four of the five."""
    for count in range(1, len(GROUPS)):
        bases = GROUPS[:count]
        yield Training(
            '_'.join(('stage2', *bases)),
            'stage2',
            ('autoencoder', *(f'stage1_{name}' for name in bases)),
            bases,
        )


# In this order, as far as what they need is there.
PLAN = (
    Training('autoencoder', 'autoencoder'),
    *_codebooks(),
    _of_all_codebooks('stage2'),
    # Without codes: the start of stage III, and its opponent.
    Training('plain_sr_x4', 'plain_sr_x4'),
    *_restoration('sr_x4', 'plain_sr_x4'),
    Training('plain_sr_x2', 'plain_sr_x2'),
    *_restoration('sr_x2', 'plain_sr_x2'),
    *_restoration('inpaint'),
    Training('vqgan_512x56', 'vqgan_512x56', ('autoencoder',)),
    _of_all_codebooks('vqgan_aux_896x32'),
    *_fewer_bases(),
    # Is VQGAN-aux held back by its frozen codes?
    _of_all_codebooks('vqgan_aux_moving'),
)
