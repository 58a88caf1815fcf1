"""What each code of a codebook looks like."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


@torch.no_grad()
def codebook_patches(
    net: nn.Module,
    basis: int = 0,
    tiles: int = 4,
    chunk: int = 64,
    decoded: Callable[[int], object] = lambda count: None,
) -> Tensor:
    """Decode every code of a codebook on its own.

    Each code fills a `tiles` x `tiles` latent map, which goes through the
    codebook's projection and the decoder, without weights or skip features
    (AdaCode, Liu et al., ICCV 2023, figure 4). With several codebooks the
    decoder was trained on their mixture: look at these patches with care.

    Args:
        net: Codebook network with `quantizers` and `decode_indices`, such as
            `CodebookNet`.
        basis: Which codebook.
        tiles: Side of the latent map; 4 gives the paper's 32-pixel patches.
        chunk: Codes decoded at once; fewer need less memory and give the
            same patches.
        decoded: Called with the number of codes of each chunk, when it is
            done.

    Returns:
        (N, 3, 8 * tiles, 8 * tiles) for a decoder that upsamples by 8, in
        [0, 1], on the CPU, in the order of the codes.
    """
    device = next(net.parameters()).device
    codes = torch.arange(net.quantizers[basis].num_embeddings, device=device)
    patches = []
    for part in codes.split(chunk):
        indices = part.view(-1, 1, 1).expand(-1, tiles, tiles)
        patch = net.decode_indices(indices, basis=basis)
        patches.append(patch.clamp(0, 1).float().cpu())
        decoded(len(part))
    return torch.cat(patches)
