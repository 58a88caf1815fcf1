# The classes of stage3.py with small numbers.
_base_ = ['./stage3.py', './small_networks.py']

bases = ['group0', 'group1', 'group2', 'group3', 'group4']

model = dict(
    **_base_.small_training,
    generator=dict(
        **_base_.small_bases,
        encoder=_base_.small_lq_encoder,
        decoder=_base_.small_hq_network.decoder,
    ),
    hq_prior=dict(**_base_.small_hq_network, **_base_.small_bases),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint='work_dirs/small/stage2',
                parts={
                    name: start
                    for name, start in source.parts.items()
                    if name != 'discriminator'
                },
            )
            for source in _base_.model.init_cfg.sources
        ],
    ),
    code_losses=dict(
        match_codes=dict(loss_weight=0.05),
        match_mixed=dict(loss_weight=0.05),
        nce=dict(loss_weight=0.05),
    ),
)
