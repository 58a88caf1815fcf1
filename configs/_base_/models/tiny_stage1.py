# The classes of stage1.py with small numbers, without the semantic loss, which
# needs pretrained VGG.
_base_ = ['./stage1.py', './tiny_networks.py']

model = dict(
    **_base_.tiny_training,
    generator=dict(**_base_.tiny_hq_network, semantic_channels=None),
    code_losses=dict(semantic=None),
)
