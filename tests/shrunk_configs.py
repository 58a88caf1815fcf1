"""All configs by name, and full-size ones made small enough for a CPU."""

import functools
import tempfile
from pathlib import Path

import cv2
import torch
from mmengine.config import Config
from torchvision.models import squeezenet1_1, vgg19

from adacode_mm.training.run_config import load_config

CONFIGS = Path(__file__).parents[1] / 'configs'
PATHS = [
    path
    for path in sorted(CONFIGS.rglob('*.py'))
    # What mixes models with MMagic's is in test_mixing, and VarFormer at full
    # size in test_varformer_configs.
    if not {'_base_', 'mixed'} & set(path.parts)
    and path.parent.name != 'varformer'
]
TINY = [path for path in PATHS if path.parent.name == 'tiny']
SMALL = [path for path in PATHS if path.parent.name == 'small']
FULL = [path for path in PATHS if path not in {*TINY, *SMALL}]
PHOTOS = Path(__file__).parent / 'data' / 'photos'
CLASSES = ('architecture', 'indoor', 'nature', 'street', 'portrait')
GROUPS = tuple(f'group{k}' for k in range(5))

# Sizes of networks -> an eighth of them.
_WIDTHS = (
    'channels',
    'up_channels',
    'mid_channels',
    'embedding_dim',
    'num_embeddings',
)
_SWIN = {
    'num_layers': 1,
    'depth': 2,
    'num_heads': 4,
    'window_size': 4,
    'mlp_ratio': 2,
}


def name_of(path: Path) -> str:
    """Name of a config below configs/, without its suffix."""
    return path.relative_to(CONFIGS).with_suffix('').as_posix()


def small_config(path) -> Config:
    """Any config so that it trains a step on a CPU and loads no checkpoint."""
    if path not in TINY:
        return shrunk_config(path)
    cfg = load_config(path)
    cfg.model.pop('init_cfg', None)
    return cfg


def shrunk_config(path) -> Config:
    """A full-size config with an eighth of its widths and crops of 32 px.

    Its data set is a folder of photographs in the layout that it expects,
    and LPIPS looks through SqueezeNet, which is smaller than VGG. Networks
    of the losses have random weights. It loads no checkpoint.
    """
    cfg = load_config(path, cfg_options={'data_root': str(data_root())})
    model = _shrunk(cfg.model.to_dict())
    model.pop('init_cfg', None)
    perceptual = (model.get('perceptual_loss') or {}).get('type', '')
    if perceptual.endswith('.STLPIPSLoss'):
        model['perceptual_loss']['net'] = 'alex'
    elif perceptual:
        model['perceptual_loss'].update(
            net='squeeze', weights=random_weights(squeezenet1_1)
        )
    if model.get('code_losses', {}).get('semantic'):
        model['code_losses']['semantic']['weights'] = random_weights(vgg19)
    cfg.model = model
    cfg.train_dataloader = _with_values(
        cfg.train_dataloader.to_dict(), {'gt_patch_size': 32, 'min_size': 32}
    )
    return cfg


def _with_values(node, values):
    """A copy with these values, wherever there is one of these keys."""
    if isinstance(node, dict):
        return {
            key: values.get(key, _with_values(child, values))
            for key, child in node.items()
        }
    if isinstance(node, list | tuple):
        return type(node)(_with_values(child, values) for child in node)
    return node


def _shrunk(node, key=None):
    if isinstance(node, dict):
        small = {name: _shrunk(child, name) for name, child in node.items()}
        for name in ('swin', 'weight_predictor'):
            if isinstance(small.get(name), dict):
                part = small[name]
                part = part if name == 'swin' else part.setdefault('swin', {})
                part.update(_SWIN)
        if '.MultiScale' in small.get('type', ''):
            small['num_groups'] = 4
        return small
    if isinstance(node, list | tuple):
        return type(node)(_shrunk(child, key) for child in node)
    return node // 8 if key in _WIDTHS and isinstance(node, int) else node


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix='adacode_shrunk_')


@functools.cache
def random_weights(network) -> str:
    """File of seeded features of one of torchvision's networks."""
    with torch.device('meta'):
        features = network().features
    generator = torch.Generator().manual_seed(0)
    state = {}
    for key, value in features.state_dict().items():
        fan_in = max(value[0].numel(), 1)
        noise = torch.randn(value.shape, generator=generator)
        state[f'features.{key}'] = noise * (2 / fan_in) ** 0.5
    path = Path(_scratch().name, f'{network.__name__}.pth')
    torch.save(state, path)
    return str(path)


@functools.cache
def data_root() -> Path:
    """Photographs in the layout of data/adacode, with their LR partners."""
    root = Path(_scratch().name, 'data')
    names = []
    for path in sorted(PHOTOS.glob('*_128.png'))[:4]:
        gt = cv2.imread(str(path))
        names.append(path.name)
        for folder, scale in (
            ('patches', 1),
            ('images', 1),
            ('masks', 1),
            ('patches_LR_X2', 2),
            ('patches_LR_X4', 4),
        ):
            size = (gt.shape[1] // scale, gt.shape[0] // scale)
            lq = cv2.resize(gt, size, interpolation=cv2.INTER_AREA)
            (root / folder).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(root / folder / path.name), lq)
    (root / 'annotations').mkdir()
    for subset in ('train', 'valid'):
        for part in ('', *CLASSES, *GROUPS):
            stem = f'{part}_{subset}' if part else subset
            listed = root / 'annotations' / f'{stem}.txt'
            listed.write_text('\n'.join(names) + '\n')
    return root
