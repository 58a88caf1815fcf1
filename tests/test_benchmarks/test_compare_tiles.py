"""The picture of what tiles do, with the numbers that its panels bear."""

from pathlib import Path

import torch
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from mmengine.config import Config

from adacode_mm.checkpoints.model_file import save_model
from adacode_mm.checkpoints.model_info import describe_network
from adacode_mm.registry import MODELS
from benchmarks.compare_tiles import main

ROOT = Path(__file__).parents[2]
PHOTO = str(ROOT / 'tests' / 'data' / 'photos' / 'brick_gray_96.png')


def test_seams_are_seen_with_released_tiles_only(tmp_path, capsys):
    torch.manual_seed(0)
    config = Config.fromfile(ROOT / 'configs/adacode/tiny/stage3_sr_x4.py')
    config = config.model.generator.to_dict()
    net = MODELS.build(config).eval()
    for quantizer in net.quantizers:  # codes far apart
        torch.nn.init.normal_(quantizer.embedding.weight)
    model, out = tmp_path / 'net.pth', tmp_path / 'tiles.png'
    save_model(net, describe_network(net, config), model)
    words = [str(model), PHOTO, str(out), '--tile-size', '48', '--gain', '20']
    main(words)
    lines = capsys.readouterr().out.splitlines()
    largest = {
        line.split(':')[0]: float(line.split()[3].rstrip(','))
        for line in lines
    }
    assert largest['released'] > 1e-2
    assert 0 < largest['exact'] < 1e-4
    with Image.open(out) as picture:
        assert picture.size == (3 * 4 * 96, 4 * 96 + 20)
        released, exact = (
            picture.crop((left, 20, left + 4 * 96, 4 * 96 + 20))
            for left in (4 * 96, 8 * 96)
        )
    assert max(high for _, high in released.getextrema()) > 50
    assert max(high for _, high in exact.getextrema()) == 0
