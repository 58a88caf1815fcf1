# The classes of stage1.py with small numbers, and only losses that need no
# downloaded weights.
_base_ = ['./stage1.py', './small_networks.py']

model = dict(
    **_base_.small_training,
    generator=dict(
        encoder=_base_.small_hq_encoder,
        decoder=dict(_delete_=True, **_base_.small_hq_decoder),
        semantic_channels=None,
    ),
    code_losses=dict(semantic=None),
)
