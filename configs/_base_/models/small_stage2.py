# The classes of stage2.py with small numbers. The codebooks come from groups
# of patches that look alike.
_base_ = ['./stage2.py', './small_networks.py']

bases = ['group0', 'group1', 'group2', 'group3', 'group4']

model = dict(
    **_base_.small_training,
    generator=dict(**_base_.small_hq_network, **_base_.small_bases),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint=f'work_dirs/small/stage1_{name}',
                parts={f'generator.quantizers.{k}': 'generator.quantizers.0'},
            )
            for k, name in enumerate(bases)
        ],
    ),
    # With 1, and so few steps, all features go to the same few codes, and the
    # weight map alone tells what is in the image.
    code_losses=dict(vq=dict(loss_weight=0.05)),
)
