"""The released forward pass as plain functions of released names.

Written from the paper and the layout of the files, on purpose without a line
of `adacode_mm` or MMagic, so that networks of which no numbers were released
can be compared with something. The two fixtures of which there are numbers
hold it in place.
"""

import torch
import torch.nn.functional as F

WINDOW, SHIFT, HEADS = 8, 4, 8


class ReleasedNet:
    """A released network.

    Args:
        state: Released key -> tensor.
        scale: Of super-resolution; 1 for stages I, II and inpainting.
    """

    def __init__(self, state, scale=1):
        self.state = state
        self.scale = scale
        self.codebooks = sum('embedding' in key for key in state)
        self.encoder_blocks = 1 + max(
            int(key.split('.')[2])
            for key in state
            if key.startswith('multiscale_encoder.blocks.')
        )

    def __call__(self, image):
        """(restored, weight map or None, indices of each codebook)."""
        h, w = image.shape[2:]
        window = WINDOW // self.scale * 8
        feats = self.encode(mirrored(image, window))
        z, weight, indices = self.mix(feats[0])
        x = z
        for i in range(3):
            if 0 < i < len(feats):
                x = x + feats[i]
            x = self.up(f'decoder_group.{i}.block', x)
        x = self.conv('out_conv', x, padding=1)
        return x[..., : h * self.scale, : w * self.scale], weight, indices

    def encode(self, image):
        """Latent feature, then the skip features."""
        x = self.conv('multiscale_encoder.in_conv', image, padding=1)
        feats = []
        for i in range(self.encoder_blocks):
            block = f'multiscale_encoder.blocks.{i}'
            if f'{block}.0.weight' in self.state:
                x = self.conv(f'{block}.0', x, stride=2, padding=1)
                x = self.res(f'{block}.2', self.res(f'{block}.1', x))
                feats = [x]
            elif f'{block}.1.weight' in self.state:
                x = self.up(block, x)
                feats.append(x)
            else:
                x = self.swin(block, x)
                feats = [x]
        return feats

    def mix(self, feat):
        """What the decoder receives, the weights and the indices."""
        basis, indices = [], []
        for k in range(self.codebooks):
            z = self.conv(f'before_quant_group.{k}', feat)
            codes = self.state[f'quantize_group.{k}.embedding.weight']
            rows = z.permute(0, 2, 3, 1).reshape(-1, codes.shape[1])
            distance = (
                (rows**2).sum(1, keepdim=True)
                + (codes**2).sum(1)
                - 2 * rows @ codes.t()
            )
            grid = z[:, 0].shape
            index = distance.argmin(1).reshape(grid)
            code = codes[index].permute(0, 3, 1, 2)
            behind = f'after_quant_group.{k}'
            if self.codebooks == 1:
                behind += '.conv'
            basis.append(self.conv(behind, z + (code - z), padding=1))
            indices.append(index)
        if self.codebooks == 1:
            return basis[0], None, indices
        x = self.swin('weight_predictor.blocks.0', feat)
        weight = self.conv('weight_predictor.blocks.1', x)
        mixed = 0
        for k, each in enumerate(basis):
            mixed = mixed + weight[:, k : k + 1] * each
        return mixed, weight, indices

    def swin(self, name, x):
        """Four groups of six blocks, each group with a residual."""
        for r in range(4):
            group = f'{name}.swin_blks.{r}'
            y = x.permute(0, 2, 3, 1)
            for b in range(6):
                block = f'{group}.residual_group.blocks.{b}'
                y = y + self.attend(block, y, SHIFT if b % 2 else 0)
                hidden = self.linear(
                    f'{block}.mlp.fc1', self.layer_norm(f'{block}.norm2', y)
                )
                y = y + self.linear(f'{block}.mlp.fc2', F.gelu(hidden))
            y = y.permute(0, 3, 1, 2)
            x = x + self.conv(f'{group}.conv', y, padding=1)
        return x

    def attend(self, block, x, shift):
        """Attention in (shifted) windows, pixel by pixel of a window."""
        b, h, w, c = x.shape
        y = self.layer_norm(f'{block}.norm1', x)
        y = windows(y.roll((-shift, -shift), (1, 2)))
        qkv = self.linear(f'{block}.attn.qkv', y)
        q, k, v = qkv.unflatten(2, (3, HEADS, c // HEADS)).permute(
            2, 0, 3, 1, 4
        )
        scores = q * (c // HEADS) ** -0.5 @ k.transpose(2, 3)
        table = self.state[f'{block}.attn.relative_position_bias_table']
        scores = scores + table[offsets()].permute(2, 0, 1)
        if shift:
            apart = windows(regions(h, w)[None, :, :, None]).flatten(1)
            mask = -100.0 * (apart[:, :, None] != apart[:, None, :])
            scores = scores + mask.repeat(b, 1, 1)[:, None]
        y = (scores.softmax(3) @ v).transpose(1, 2).flatten(2)
        y = self.linear(f'{block}.attn.proj', y)
        y = y.reshape(b, h // WINDOW, w // WINDOW, WINDOW, WINDOW, c)
        y = y.transpose(2, 3).reshape(b, h, w, c)
        return y.roll((shift, shift), (1, 2))

    def up(self, name, x):
        x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
        x = self.conv(f'{name}.1', x, padding=1)
        return self.res(f'{name}.3', self.res(f'{name}.2', x))

    def res(self, name, x):
        y = F.silu(self.group_norm(f'{name}.conv.0.norm', x))
        y = self.conv(f'{name}.conv.2', y, padding=1)
        y = F.silu(self.group_norm(f'{name}.conv.3.norm', y))
        return x + self.conv(f'{name}.conv.5', y, padding=1)

    def conv(self, name, x, **how):
        return F.conv2d(x, *self._pair(name), **how)

    def linear(self, name, x):
        return F.linear(x, *self._pair(name))

    def group_norm(self, name, x):
        return F.group_norm(x, 32, *self._pair(name), eps=1e-6)

    def layer_norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], *self._pair(name), eps=1e-5)

    def _pair(self, name):
        return self.state[f'{name}.weight'], self.state[f'{name}.bias']


def mirrored(image, window):
    """The released padding: always at least one pixel more."""
    h, w = image.shape[2:]
    tall = torch.cat([image, image.flip(2)], 2)
    tall = tall[:, :, : (h // window + 1) * window]
    wide = torch.cat([tall, tall.flip(3)], 3)
    return wide[:, :, :, : (w // window + 1) * window]


def windows(x):
    """(B, h, w, C) -> (B * windows, 64, C), row by row."""
    b, h, w, c = x.shape
    x = x.reshape(b, h // WINDOW, WINDOW, w // WINDOW, WINDOW, c)
    return x.transpose(2, 3).reshape(-1, WINDOW * WINDOW, c)


def regions(h, w):
    """Which of the nine pieces, cut by the shift, a pixel belongs to."""
    rows, columns = (
        (torch.arange(n) >= n - WINDOW).int()
        + (torch.arange(n) >= n - SHIFT).int()
        for n in (h, w)
    )
    return rows[:, None] * 3 + columns


def offsets():
    """Row of the bias table for each pair of pixels of a window."""
    y, x = torch.meshgrid(
        torch.arange(WINDOW), torch.arange(WINDOW), indexing='ij'
    )
    y, x = y.flatten(), x.flatten()
    dy, dx = y[:, None] - y, x[:, None] - x
    return (dy + WINDOW - 1) * (2 * WINDOW - 1) + dx + WINDOW - 1
