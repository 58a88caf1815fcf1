# FeMaSR, Chen et al., ACM MM 2022, section 3.2: a new encoder learns to match
# the codes of the ground truth; codebook and decoder stay.
_base_ = './femasr_hq.py'

model = dict(
    generator=dict(
        encoder=dict(channels=(256, 256), swin=dict(), up_channels=(256, 128)),
        semantic_channels=None,
    ),
    # Without the semantic head, which only guides the HQ stage.
    hq_prior=dict(_base_.model.generator, semantic_channels=None),
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/femasr_hq',
                parts={
                    'generator.quantizers': 'generator.quantizers',
                    'generator.pre_quants': 'generator.pre_quants',
                    'generator.post_quants': 'generator.post_quants',
                    'generator.decoder': 'generator.decoder',
                    'discriminator': 'discriminator',
                    'hq_prior.encoder': 'generator.encoder',
                    'hq_prior.quantizers': 'generator.quantizers',
                    'hq_prior.pre_quants': 'generator.pre_quants',
                    'hq_prior.post_quants': 'generator.post_quants',
                    'hq_prior.decoder': 'generator.decoder',
                },
            )
        ],
    ),
    frozen=[
        'generator.quantizers',
        'generator.post_quants',
        'generator.decoder',
    ],
    # Feature matching: 0.25 * MSE + Gram distance to the codes of the GT.
    code_losses=dict(
        vq=None,
        semantic=None,
        match_codes=dict(type='adacode_mm.PriorMatchLoss', tap='codes'),
    ),
)
