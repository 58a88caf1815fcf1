"""Load a batch of each stage from the data that the demo has made."""

from pathlib import Path

from mmengine.dataset import pseudo_collate
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope

from adacode_mm.apis import load_config
from adacode_mm.core.exceptions import InputError
from adacode_mm.registry import DATASETS, MODELS

CONFIGS = Path(__file__).resolve().parents[2] / 'configs' / 'adacode'
# Config -> its super-class; they differ in nothing else that is read.
STAGE1 = {
    'stage1_arch': 'architecture',
    'stage1_indoor': 'indoor',
    'stage1_nature': 'nature',
    'stage1_street': 'street',
    'stage1_portrait': 'portrait',
}
OTHERS = ('stage2', 'stage3_sr_x2', 'stage3_sr_x4', 'stage3_inpaint')
BATCH = 2


def check_configs(folder: Path) -> str:
    """Build the data sets of the full-size configs and load from them.

    Args:
        folder: Holds `patches`, `annotations` and the rest.

    Returns:
        A table: images for training and validation, shape and range of a
        batch as the network gets it. A stage I without patches is listed, but
        not loaded.

    Raises:
        InputError: If a data set is not complete.
    """
    # MMEngine would warn that the name of a data set is no file.
    MMLogger.get_current_instance().setLevel('ERROR')
    row = '{:<16} {:>6} {:>6}  {:<16} {:<16} {}'
    lines = [row.format('', 'train', 'valid', 'input', 'target', 'range')]
    for name in (*STAGE1, *OTHERS):
        missing = _empty_lists(folder, STAGE1.get(name))
        if missing:
            lines.append(f'{name:<16} not ready: no patches in {missing}')
            continue
        train, valid, inputs, target = _load(name, folder)
        lines.append(
            row.format(
                name,
                train,
                valid,
                'x'.join(map(str, inputs.shape)),
                'x'.join(map(str, target.shape)),
                f'{inputs.min():.2f} to {inputs.max():.2f}',
            )
        )
    return '\n'.join(lines)


def _empty_lists(folder, super_class):
    if super_class is None:
        return ''
    lists = [f'{super_class}_{split}.txt' for split in ('train', 'valid')]
    paths = (folder / 'annotations' / each for each in lists)
    return ' and '.join(p.name for p in paths if not p.read_text().strip())


def _load(name, folder):
    """Numbers of images, and input and target of a training batch."""
    path = CONFIGS / f'{name}.py'
    cfg = load_config(str(path), cfg_options={'data_root': str(folder)})
    with DefaultScope.overwrite_default_scope('mmagic'):
        train, valid = (
            DATASETS.build(loader.dataset)
            for loader in (cfg.train_dataloader, cfg.val_dataloader)
        )
        preprocessor = MODELS.build(cfg.model.data_preprocessor)
        batch = [train[i % len(train)] for i in range(BATCH)]
        data = preprocessor(pseudo_collate(batch), True)
        if valid[0]['inputs'].numel() == 0:
            raise InputError(f'{name} has an empty image for validation.')
    return len(train), len(valid), data['inputs'], data['data_samples'].gt_img
