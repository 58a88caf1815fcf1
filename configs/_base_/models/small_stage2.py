# The classes of stage2.py with small numbers. The codebooks come from groups
# of patches that look alike. Their codes lie in the feature space of the
# autoencoder, so all but the codes and the weight map starts from that.
_base_ = ['./stage2.py', './small_networks.py']

bases = ['group0', 'group1', 'group2', 'group3', 'group4']

model = dict(
    **_base_.small_training,
    generator=dict(
        encoder=_base_.small_hq_encoder,
        decoder=dict(_delete_=True, **_base_.small_hq_decoder),
        **_base_.small_bases,
    ),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint='work_dirs/small/autoencoder',
                parts={
                    'generator.encoder': 'generator.encoder',
                    'generator.decoder': 'generator.decoder',
                    **{
                        f'generator.{part}.{k}': f'generator.{part}.0'
                        for part in ('pre_quants', 'post_quants')
                        for k in range(len(bases))
                    },
                },
            ),
            *(
                dict(
                    checkpoint=f'work_dirs/small/stage1_{name}',
                    parts={
                        f'generator.quantizers.{k}': 'generator.quantizers.0'
                    },
                )
                for k, name in enumerate(bases)
            ),
        ],
    ),
)
