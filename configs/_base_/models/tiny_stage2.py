# The classes of stage2.py with small numbers.
_base_ = ['./stage2.py', './tiny_networks.py']

model = dict(
    **_base_.tiny_training,
    generator=dict(**_base_.tiny_hq_network, **_base_.tiny_bases),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint=f'work_dirs/tiny/stage1_{name}',
                parts={f'generator.quantizers.{k}': 'generator.quantizers.0'},
            )
            for k, name in enumerate(_base_.bases)
        ],
    ),
)
