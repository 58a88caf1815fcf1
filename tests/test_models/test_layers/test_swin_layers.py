import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from mmagic.models.editors.swinir.swinir_rstb import RSTB

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.layers.swin_layers import SwinLayers, shift_mask

SMALL = {
    'channels': 8,
    'num_layers': 2,
    'depth': 2,
    'num_heads': 2,
    'window_size': 4,
    'mlp_ratio': 2,
}
GRIDS = [(8, 8), (16, 16), (12, 20), (20, 12)]


@pytest.fixture
def layers():
    torch.manual_seed(0)
    return SwinLayers(**SMALL).eval()


@torch.no_grad()
def rebuilt(layers, grid, x):
    """The same layers by MMagic's RSTBs."""
    y = x.flatten(2).transpose(1, 2)
    for layer in layers.layers:
        rstb = RSTB(
            dim=8,
            input_resolution=grid,
            depth=2,
            num_heads=2,
            window_size=4,
            mlp_ratio=2,
            img_size=grid,
            patch_size=1,
        ).eval()
        missing, unexpected = rstb.load_state_dict(layer.state_dict(), False)
        assert not unexpected
        assert all('mask' in k or 'position_index' in k for k in missing)
        y = rstb(y, grid)
    return y.transpose(1, 2).reshape(x.shape)


@pytest.mark.parametrize('grid', GRIDS)
@torch.no_grad()
def test_masks_fit_every_grid(layers, grid):
    x = torch.randn(2, 8, *grid)
    torch.testing.assert_close(layers(x), rebuilt(layers, grid, x))


@pytest.mark.parametrize('grid', GRIDS)
@torch.no_grad()
def test_opposite_borders_do_not_see_each_other(grid):
    """The shift is cyclic; only the mask keeps the borders apart."""
    torch.manual_seed(0)
    layers = SwinLayers(**{**SMALL, 'num_layers': 1})
    x = torch.randn(1, 8, *grid)
    changed = x.clone()
    # not a constant, which the first norm would take away
    changed[:, :, -1] = torch.randn(1, 8, grid[1])
    changed[..., -1] = torch.randn(1, 8, grid[0])
    difference = (layers(changed) - layers(x)).abs().amax(1)[0]
    # A pixel reaches its window, that of the shifted one, and one pixel more
    # by the convolution: not the first rows and columns.
    near = grid[0] - 4 - 2 - 1, grid[1] - 4 - 2 - 1
    assert difference[: near[0], : near[1]].max() < 1e-6
    assert difference[-1, 0] > 1e-3 and difference[0, -1] > 1e-3


def test_every_second_block_is_shifted():
    blocks = SwinLayers(**{**SMALL, 'depth': 4}).layers[0].residual_group
    assert [b.shift_size for b in blocks.blocks] == [0, 2, 0, 2]


def test_state_dict_holds_what_is_learned_and_nothing_else(layers):
    learned = {name for name, _ in layers.named_parameters()}
    assert set(layers.state_dict()) == learned


@pytest.mark.parametrize('grid', [(8, 6), (7, 8), (2, 2)])
def test_a_grid_between_windows_is_refused(layers, grid):
    with pytest.raises(InputError, match=f'{grid[0]}x{grid[1]}'):
        layers(torch.zeros(1, 8, *grid))


@pytest.mark.parametrize('grid', GRIDS)
def test_the_mask_is_that_of_mmagics_blocks(grid):
    rstb = RSTB(
        dim=8,
        input_resolution=grid,
        depth=2,
        num_heads=2,
        window_size=4,
        mlp_ratio=2,
        img_size=grid,
        patch_size=1,
    )
    expected = rstb.residual_group.blocks[1].calculate_mask(grid)
    assert torch.equal(shift_mask(*grid, 4, 2)[:, 0], expected)


def test_inference_mode_first_and_training_afterwards(layers):
    x = torch.randn(1, 8, 12, 12)
    with torch.inference_mode():
        layers(x)
    layers(x).sum().backward()
