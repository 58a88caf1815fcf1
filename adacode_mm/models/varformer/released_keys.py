"""Names of `VarFormerNet`'s parameters in the released files.

One table, applied from top to bottom; whoever renames a layer sees it here.
The files of VAR, of its tokenizer and of stage 1 are parts of VarFormer's.
"""

import re
from collections.abc import Iterable

# Computed (masks, index tables), statistics of a training, or without any
# effect: the modules of level 0, a softmax over a single channel, and the
# patch embedding of the Swin layers.
LEFT_OUT = re.compile(
    r'\.(relative_position_index|attn_mask|zero_k_bias)$'
    r'|^(lvl_1L|attn_bias_for_masking|quantize\.ema_vocab_hit_SV)$'
    r'|\.patch_embed\.proj\.'
    r'|\.(cat_rec_syn(_bf|_bf_nm)?|DAE|AFT)\.Level_0\.'
    r'|^main_decoder\.conv1__w\.'
)

_TABLE = [
    (r'^(encoder|decoder)\.', r'prior.vqvae.\1.'),
    (r'^quantize\.quant_resi\.qresi_ls\.', r'prior.vqvae.quantizer.phis.'),
    (r'^quantize\.', r'prior.vqvae.quantizer.'),
    (r'^quant_conv\.', r'prior.vqvae.pre_quant.'),
    (r'^post_quant_conv\.', r'prior.vqvae.post_quant.'),
    (
        r'^(word_embed|class_emb|pos_start|pos_1LC|lvl_embed|blocks|head_nm'
        r'|head)\b',
        r'prior.var.\1',
    ),
    (r'^cross_attn_blocks\.', r'prior.cross_attentions.'),
    (r'^ft_layers\.blks\.', r'prior.adapter.blocks.'),
    (r'\.IMAC\.predictA(\d)\.', r'.curves.predict.\1.'),
    (r'\.IMAC\.conv(\d)\.', r'.curves.convs.\1.'),
    (r'^(prior\.adapter\.blocks\.\d+)\.conv1\.', r'\1.expand1.'),
    (r'^(prior\.adapter\.blocks\.\d+)\.conv2\.', r'\1.depthwise.'),
    (r'^(prior\.adapter\.blocks\.\d+)\.conv3\.', r'\1.project1.'),
    (r'^(prior\.adapter\.blocks\.\d+)\.conv4\.', r'\1.expand2.'),
    (r'^(prior\.adapter\.blocks\.\d+)\.conv5\.', r'\1.project2.'),
    (r'\.sca2\.1\.', r'.pooled.'),
    (r'\.sca1\.conv0\.', r'.context.0.'),
    (r'\.sca1\.conv_spatial\.', r'.context.1.'),
    (r'\.sca1\.conv1\.', r'.context.2.'),
    (r'^Mainencoder\.', r'encoder.'),
    (r'^main_decoder\.', r'decoder.'),
    (r'\.cat_rec_syn_bf_nm\.Level_(\d)\.', r'.guides.\1.prior.norm.'),
    (r'\.cat_rec_syn_bf\.Level_(\d)\.', r'.guides.\1.prior.reduce.'),
    (r'\.cat_rec_syn\.Level_(\d)\.', r'.guides.\1.prior.'),
    (r'\.DAE\.Level_(\d)\.', r'.guides.\1.enhance.'),
    (r'\.AFT\.Level_(\d)\.', r'.guides.\1.transform.'),
    (r'\.swin_blocks\.', r'.weigh.swin.layers.'),
    (r'\.conv1x1\.', r'.weigh.head.'),
    (r'\.prior\.conv_out\.', r'.prior.mix.'),
    (r'\.prior\.upsample\.', r'.prior.enlarge.'),
    (r'\.(up|down)sample\.', r'.resample.'),
    (r'\.nin_shortcut\.', r'.shortcut.'),
    (r'\.(off_attn|align_func_dict)\.af_quant\.', r'.\1.mid.'),
    (r'\.(off_attn|align_func_dict|cat_convs)\.Level_(\d)\.', r'.\1.\2.'),
    (r'\.off_attn\.(\w+)\.', r'.adjustments.\1.exchange.'),
    (r'\.align_func_dict\.(\w+)\.', r'.adjustments.\1.align.'),
    (r'\.cat_convs\.(\w+)\.', r'.adjustments.\1.fuse.'),
    (r'\.input_w$', r'.input_weight'),
]  # fmt: skip
_TABLE = [(re.compile(old), new) for old, new in _TABLE]


def is_released(keys: Iterable[str]) -> bool:
    """Are these names those of a released file, of whichever network?"""
    return not {'quantize.embedding.weight', 'pos_1LC'}.isdisjoint(keys)


def map_released_keys(keys: Iterable[str]) -> dict[str, str]:
    """Our name of every released key that is a parameter of the network.

    Args:
        keys: All keys of one released file.

    Returns:
        Released key -> key of `VarFormerNet`'s state dict, without those
        that `LEFT_OUT` matches. A key that is in no row of the table keeps
        its name, so strict loading reports it.
    """
    return {key: _map_key(key) for key in keys if not LEFT_OUT.search(key)}


def _map_key(key):
    for pattern, new in _TABLE:
        key = pattern.sub(new, key)
    return key
