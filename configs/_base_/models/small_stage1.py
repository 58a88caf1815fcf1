# The classes of stage1.py with small numbers, and only losses that need no
# downloaded weights.
_base_ = ['./stage1.py', './small_networks.py']

model = dict(
    **_base_.small_training,
    generator=dict(**_base_.small_hq_network, semantic_channels=None),
    code_losses=dict(semantic=None),
)
