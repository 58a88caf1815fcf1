# The classes of stage3.py with small numbers: super-resolution x4, which has
# the latent grid of stage II at half of its input's resolution.
_base_ = ['./stage3.py', './small_networks.py']

model = dict(
    **_base_.small_training,
    generator=dict(
        **_base_.small_bases,
        encoder=_base_.small_lq_encoder,
        decoder=dict(_delete_=True, **_base_.small_fidelity_decoder),
    ),
    hq_prior=dict(
        encoder=_base_.small_hq_encoder,
        decoder=dict(_delete_=True, **_base_.small_hq_decoder),
        **_base_.small_bases,
    ),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint='work_dirs/small/stage2',
                parts={
                    'hq_prior': 'generator',
                    **{
                        f'generator.{part}': f'generator.{part}'
                        for part in (
                            'quantizers',
                            'pre_quants',
                            'post_quants',
                            'weight_predictor',
                            'decoder.ups',
                            'decoder.draft',
                        )
                    },
                },
            ),
            dict(
                checkpoint='work_dirs/small/plain_sr_x4',
                parts={
                    'generator.decoder.skip': 'generator.head',
                    'generator.decoder.trunk': 'generator.trunk',
                    'generator.decoder.details': 'generator.tail',
                },
            ),
        ],
    ),
    # The codes alone: the image has a way of its own into the decoder, which
    # has to learn to use it.
    frozen=['generator.quantizers'],
    code_losses=dict(
        match_codes=dict(gram_weight=0, loss_weight=0.1),
        match_mixed=None,
        nce=None,
    ),
    train_cfg=dict(fidelity=dict(judged=2)),
)
