"""Names of `CodebookNet`'s parameters in released AdaCode and FeMaSR files.

One table, applied from top to bottom; whoever renames a layer sees it here.
"""

import re
from collections.abc import Iterable

# Not learned, or not part of the network: masks and index tables are computed
# from the window size, the contrastive loss carries buffers of the training
# batch, and stage I stores all of VGG19.
LEFT_OUT = re.compile(
    r'\.(relative_position_index|attn_mask)$'
    r'|^contrast_cri\.(temperature|negatives_mask)$'
    r'|^vgg_feat_extractor\.'
)

# `downs` and `ups` are told apart by `_name_encoder_block` beforehand.
_TABLE = [
    (r'^multiscale_encoder\.in_conv\.', r'encoder.in_conv.'),
    (r'^(encoder\.downs\.\d+)\.0\.', r'\1.conv.'),
    (r'^(encoder\.downs\.\d+)\.1\.', r'\1.res1.'),
    (r'^(encoder\.downs\.\d+)\.2\.', r'\1.res2.'),
    (r'^(encoder\.ups\.\d+)\.1\.', r'\1.conv.'),
    (r'^(encoder\.ups\.\d+)\.2\.', r'\1.res1.'),
    (r'^(encoder\.ups\.\d+)\.3\.', r'\1.res2.'),
    (r'^decoder_group\.(\d+)\.block\.1\.', r'decoder.blocks.\1.conv.'),
    (r'^decoder_group\.(\d+)\.block\.2\.', r'decoder.blocks.\1.res1.'),
    (r'^decoder_group\.(\d+)\.block\.3\.', r'decoder.blocks.\1.res2.'),
    (r'\.(res[12])\.conv\.0\.norm\.', r'.\1.norm1.'),
    (r'\.(res[12])\.conv\.2\.', r'.\1.conv1.'),
    (r'\.(res[12])\.conv\.3\.norm\.', r'.\1.norm2.'),
    (r'\.(res[12])\.conv\.5\.', r'.\1.conv2.'),
    (r'^out_conv\.', r'decoder.out_conv.'),
    (r'^quantize_group\.', r'quantizers.'),
    (r'^before_quant_group\.', r'pre_quants.'),
    (r'^after_quant_group\.(\d+)\.(conv\.)?', r'post_quants.\1.'),
    (r'^weight_predictor\.blocks\.0\.', r'weight_predictor.'),
    (r'\.swin_blks\.', r'.swin.layers.'),
    (r'^weight_predictor\.blocks\.1\.', r'weight_predictor.head.'),
    (r'^conv_semantic\.0\.', r'semantic_head.0.'),
]  # fmt: skip
_TABLE = [(re.compile(old), new) for old, new in _TABLE]
_BLOCK = re.compile(r'^multiscale_encoder\.blocks\.(\d+)\.')
_SWIN = re.compile(r'^multiscale_encoder\.blocks\.(\d+)\.swin_blks\.')

_RELEASED = ('quantize_group.', 'multiscale_encoder.', 'decoder_group.')


def is_released(keys: Iterable[str]) -> bool:
    """Are these names those of the released AdaCode and FeMaSR generators?"""
    return any(key.startswith(_RELEASED) for key in keys)


def map_released_keys(keys: Iterable[str]) -> dict[str, str]:
    """Our name of every released key that is a parameter of the network.

    Args:
        keys: All keys of one released generator file.

    Returns:
        Released key -> key of `CodebookNet`'s state dict, without those that
        `LEFT_OUT` matches. A key that is in no row of the table keeps its
        name, so strict loading reports it.
    """
    keys = [key for key in keys if not LEFT_OUT.search(key)]
    found = (_SWIN.match(key) for key in keys)
    swin_at = next((int(match[1]) for match in found if match), None)
    return {key: _map_key(key, swin_at) for key in keys}


def _map_key(key, swin_at):
    key = _name_encoder_block(key, swin_at)
    for pattern, new in _TABLE:
        key = pattern.sub(new, key)
    return key


def _name_encoder_block(key, swin_at):
    """The release numbers down blocks, Swin layers and up blocks in a row."""
    match = _BLOCK.match(key)
    if match is None:
        return key
    index, rest = int(match[1]), key[match.end() :]
    if swin_at is None or index < swin_at:
        return f'encoder.downs.{index}.{rest}'
    if index == swin_at:
        return f'encoder.{rest}'
    return f'encoder.ups.{index - swin_at - 1}.{rest}'
