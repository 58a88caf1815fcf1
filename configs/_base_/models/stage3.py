# Stage III: a new encoder finds the codes of degraded images; codebooks and
# decoder stay as stage II left them. AdaCode, section 3.3, eq. (8).
_base_ = './stage2.py'

model = dict(
    generator=dict(
        encoder=dict(
            channels=(256, 256),
            swin=dict(),
            up_channels=(256, 128),
        ),
    ),
    hq_prior=dict(
        type='adacode_mm.CodebookNet',
        encoder=dict(
            type='adacode_mm.MultiScaleEncoder', channels=(64, 128, 256, 256)
        ),
        decoder=dict(
            type='adacode_mm.MultiScaleDecoder', channels=(256, 256, 128, 64)
        ),
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=num_embeddings,
                embedding_dim=256,
            )
            for num_embeddings in (512, 256, 512, 256, 256)
        ],
        weight_predictor=dict(type='adacode_mm.WeightPredictor'),
    ),
    # The release loads whatever matches by name and shape, which fills some
    # unrelated encoder tensors by accident. Here is what is meant.
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/stage2',
                parts={
                    'generator.quantizers': 'generator.quantizers',
                    'generator.pre_quants': 'generator.pre_quants',
                    'generator.post_quants': 'generator.post_quants',
                    'generator.weight_predictor': 'generator.weight_predictor',
                    'generator.decoder': 'generator.decoder',
                    'discriminator': 'discriminator',
                    'hq_prior': 'generator',
                },
            )
        ],
    ),
    frozen=[
        'generator.quantizers',
        'generator.post_quants',
        'generator.decoder',
    ],
    code_losses=dict(
        vq=None,
        match_codes=dict(type='adacode_mm.PriorMatchLoss', tap='codes'),
        match_mixed=dict(type='adacode_mm.PriorMatchLoss', tap='mixed'),
        nce=dict(type='adacode_mm.InfoNCELoss', temperature=0.5),
    ),
)
