"""Files of small networks that have no family: MMagic's and spandrel's."""

import torch
from tiny_stages import CONFIGS

import adacode_mm  # noqa: F401
from adacode_mm.registry import MODELS

MIXED = CONFIGS / 'mixed'


def mixed_config(name):
    """A config of `configs/mixed`."""
    from mmengine.config import Config

    return Config.fromfile(MIXED / f'{name}.py')


def trained(name, folder, seed=0):
    """A work directory as a training of `configs/mixed` leaves it."""
    cfg = mixed_config(name)
    torch.manual_seed(seed)
    net = MODELS.build(cfg.model.generator.to_dict()).eval()
    folder.mkdir(parents=True)
    return net, written(net, cfg, folder)


def written(net, cfg, folder):
    """Checkpoint and config, as MMEngine's runner writes them."""
    state = {f'generator.{k}': v for k, v in net.state_dict().items()}
    torch.save(
        {'state_dict': state, 'meta': {'cfg': cfg.pretty_text}},
        folder / 'iter_1.pth',
    )
    (folder / 'last_checkpoint').write_text(str(folder / 'iter_1.pth'))
    cfg.dump(folder / 'config.py')
    return folder


def spandrel_file(path, kind='ESRGAN', seed=0):
    """A released file of an architecture that spandrel knows."""
    from spandrel.architectures.Compact import Compact
    from spandrel.architectures.ESRGAN import ESRGAN
    from spandrel.architectures.SwinIR import SwinIR

    torch.manual_seed(seed)
    net = {
        'ESRGAN': lambda: ESRGAN(num_filters=8, num_blocks=1),
        'Compact': lambda: Compact(num_feat=8, num_conv=2, upscale=2),
        'SwinIR': lambda: SwinIR(
            img_size=16,
            window_size=8,
            depths=[2],
            embed_dim=12,
            num_heads=[2],
            mlp_ratio=2,
            upscale=2,
            upsampler='pixelshuffledirect',
        ),
    }[kind]()
    torch.save({'params_ema': net.state_dict()}, path)
    return path
