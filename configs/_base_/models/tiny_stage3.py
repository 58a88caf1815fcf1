# The classes of stage3.py with small numbers, without terms that need VGG.
_base_ = './stage3.py'

swin = dict(num_layers=1, depth=2, num_heads=4, window_size=4, mlp_ratio=2)

model = dict(
    generator=dict(
        encoder=dict(
            channels=(64, 64), swin=swin, up_channels=(32, 32), num_groups=2
        ),
        decoder=dict(channels=(64, 32, 32, 16), num_groups=2),
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=num_embeddings,
                embedding_dim=32,
            )
            for num_embeddings in (64, 32, 64, 32, 32)
        ],
        weight_predictor=dict(swin=swin),
    ),
    discriminator=dict(mid_channels=4),
    perceptual_loss=None,
    # So small a discriminator only disturbs in the first thousands of steps.
    gan_loss=dict(loss_weight=0.001),
    code_losses=dict(
        match_codes=dict(loss_weight=0.05),
        match_mixed=dict(loss_weight=0.05),
        nce=dict(loss_weight=0.05),
    ),
    hq_prior=dict(
        encoder=dict(channels=(16, 16, 32, 64), num_groups=2),
        decoder=dict(channels=(64, 32, 32, 16), num_groups=2),
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=num_embeddings,
                embedding_dim=32,
            )
            for num_embeddings in (64, 32, 64, 32, 32)
        ],
        weight_predictor=dict(swin=swin),
    ),
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/tiny/stage2',
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
)
