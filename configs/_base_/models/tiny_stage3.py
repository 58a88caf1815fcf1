# The classes of stage3.py with small numbers.
_base_ = ['./stage3.py', './tiny_networks.py']

model = dict(
    **_base_.tiny_training,
    generator=dict(
        **_base_.tiny_bases,
        encoder=_base_.tiny_lq_encoder,
        decoder=_base_.tiny_hq_network.decoder,
    ),
    hq_prior=dict(**_base_.tiny_hq_network, **_base_.tiny_bases),
    init_cfg=dict(
        sources=[
            dict(source, checkpoint='work_dirs/tiny/stage2')
            for source in _base_.model.init_cfg.sources
        ],
    ),
    code_losses=dict(
        match_codes=dict(loss_weight=0.05),
        match_mixed=dict(loss_weight=0.05),
        nce=dict(loss_weight=0.05),
    ),
)
