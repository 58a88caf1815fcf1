"""What the small-scale reproduction trains, and after what."""

from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config

from benchmarks.records import ROOT

GROUPS = tuple(f'group{k}' for k in range(5))
CONFIGS = ROOT / 'configs/small'
FOLDER = Path('work_dirs/small')


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

    @property
    def folder(self) -> Path:
        """Its checkpoints and logs."""
        return FOLDER / self.name

    @property
    def config_file(self) -> Path:
        """Its config."""
        return CONFIGS / f'{self.config}.py'

    def finished(self) -> bool:
        """Whether its last checkpoint is there."""
        steps = Config.fromfile(self.config_file).train_cfg.max_iters
        return (self.folder / f'iter_{steps}.pth').is_file()


def _on(name, *needs):
    return Training(name, name, needs)


def _codes(groups):
    """The features of the autoencoder, and codes of stage I."""
    return 'autoencoder', *(f'stage1_{group}' for group in groups)


# In this order, as far as what they need is there.
PLAN = (
    _on('autoencoder'),
    *(_on(f'stage1_{group}', 'autoencoder') for group in GROUPS),
    _on('stage2', *_codes(GROUPS)),
    # Without codes: the start of stage III, and its opponent. Stage III by
    # pixels alone; then sharper, from there.
    *(
        training
        for name in ('sr_x4', 'sr_x2')
        for training in (
            _on(f'plain_{name}'),
            _on(f'stage3_{name}', 'stage2', f'plain_{name}'),
            _on(f'stage3_{name}_sharp', 'stage2', f'stage3_{name}'),
        )
    ),
    _on('stage3_inpaint', 'stage2'),
    _on('stage3_inpaint_sharp', 'stage2', 'stage3_inpaint'),
    _on('vqgan_512x56', 'autoencoder'),
    _on('vqgan_aux_896x32', *_codes(GROUPS)),
    # Fig. 9: the first one, two, three and four of the five.
    *(
        Training('_'.join(('stage2', *few)), 'stage2', _codes(few), few)
        for few in (GROUPS[:count] for count in range(1, len(GROUPS)))
    ),
    # Is VQGAN-aux held back by its frozen codes?
    _on('vqgan_aux_moving', *_codes(GROUPS)),
)
