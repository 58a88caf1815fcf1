"""From feature to codes and to what the decoder gets, in few products."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.adacode.codebook_net import CodebookNet

from .packed_layers import PackedLinear

# Pixels whose distances to all codes are there at the same time.
_PIECE = 2**12


# Pixels whose rows are looked up at a time.
STRIP = 2**14


class NearestCodes(nn.Module):
    """Projections and distances of all codebooks as one product.

    With z = W f + b, the nearest code minimises
    |c|^2 - 2 c.z = (|c|^2 - 2 c.b) - 2 (W^T c).f, as |z|^2 is the same for
    all codes. The terms are summed in float64 once, distances are float32.

    Args:
        net: Network whose codebooks are used.
    """

    def __init__(self, net: CodebookNet):
        super().__init__()
        self.sizes = [q.num_embeddings for q in net.quantizers]
        weights, biases = [], []
        for conv, quantizer in zip(
            net.pre_quants, net.quantizers, strict=True
        ):
            codes = quantizer.embedding.weight.detach().double()
            weight = conv.weight.detach()[:, :, 0, 0].double()
            bias = conv.bias.detach().double()
            weights.append(-2 * codes @ weight)
            biases.append(codes.square().sum(1) - 2 * codes @ bias)
        self.distances = PackedLinear.of(
            torch.cat(weights).float(), torch.cat(biases).float()
        )

    def forward(self, rows: Tensor) -> list[Tensor]:
        """Indices (n,) of each codebook for float32 features (n, C)."""
        # In pieces: a pixel has as many distances as there are codes.
        parts = [self._nearest(part) for part in rows.split(_PIECE)]
        return [torch.cat(each) for each in zip(*parts, strict=True)]

    def _nearest(self, rows):
        distances = self.distances(rows).split(self.sizes, 1)
        return [each.argmin(1) for each in distances]


class CodeTables(nn.Module):
    """3x3 convolutions of code maps, read from tables and weighted.

    There are so few codes that all products of a code with one of the nine
    taps of its convolution are computed beforehand. The weighted sum over
    codebooks of the convolutions is then one sum of 10 K rows per pixel.

    Args:
        net: Network whose codes and `post_quants` are used.
    """

    def __init__(self, net: CodebookNet):
        super().__init__()
        tables, self.starts, start = [], [], 0
        for conv, quantizer in zip(
            net.post_quants, net.quantizers, strict=True
        ):
            codes = quantizer.embedding.weight.detach().double()
            taps = conv.weight.detach().double().flatten(2)
            table = torch.einsum('nc,oct->tno', codes, taps)
            # What lies outside of the image: one more code, all zeros.
            tables.append(F.pad(table, (0, 0, 0, 1)).flatten(0, 1))
            self.starts.append(start)
            start += len(tables[-1])
        self.bias_start = start
        tables.append(torch.stack([x.bias for x in net.post_quants]).double())
        self.sizes = [q.num_embeddings for q in net.quantizers]
        self.register_buffer(
            'table', torch.cat(tables).detach().float(), persistent=False
        )

    def forward(self, indices: list[Tensor], weight: Tensor | None) -> Tensor:
        """What the decoder gets, (B, C, h, w) float32.

        Args:
            indices: Per codebook (B, h, w).
            weight: Weight map (B, K, h, w), or None for a single codebook.
        """
        b, h, w = indices[0].shape
        rows = [
            F.pad(index.int(), (1, 1, 1, 1), value=size)
            for index, size in zip(indices, self.sizes, strict=True)
        ]
        out = self.table.new_empty(b, h, w, self.table.shape[1])
        # Strips, since there are 10 K numbers for each pixel.
        step = max(1, STRIP // (b * w))
        for y in range(0, h, step):
            end = min(y + step, h)
            part = self._entries([r[:, y : end + 2] for r in rows])
            share = None
            if weight is not None:
                share = weight[:, :, y:end].permute(0, 2, 3, 1).float()
                share = share.repeat_interleave(10, 3).flatten(0, 2)
            out[:, y:end] = F.embedding_bag(
                part, self.table, mode='sum', per_sample_weights=share
            ).view(b, end - y, w, -1)
        return out.permute(0, 3, 1, 2)

    def _entries(self, padded):
        """Rows of the table (pixels, 10 K) for padded strips of indices."""
        b, h, w = padded[0].shape
        h, w = h - 2, w - 2
        entries = []
        for k, (index, start) in enumerate(
            zip(padded, self.starts, strict=True)
        ):
            for tap in range(9):
                y, x = divmod(tap, 3)
                first = start + tap * (self.sizes[k] + 1)
                entries.append(index[:, y : y + h, x : x + w] + first)
            entries.append(
                index.new_full((1, 1, 1), self.bias_start + k).expand(b, h, w)
            )
        return torch.stack(entries, 3).flatten(0, 2)
