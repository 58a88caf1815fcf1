# The classes of stage2.py with small numbers, without terms that need VGG.
_base_ = './stage2.py'

swin = dict(num_layers=1, depth=2, num_heads=4, window_size=4, mlp_ratio=2)

model = dict(
    generator=dict(
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
    discriminator=dict(mid_channels=4),
    perceptual_loss=None,
    # So small a discriminator only disturbs in the first thousands of steps.
    gan_loss=dict(loss_weight=0.001),
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint=f'work_dirs/tiny/stage1_{name}',
                parts={f'generator.quantizers.{k}': 'generator.quantizers.0'},
            )
            for k, name in enumerate(
                ('arch', 'indoor', 'nature', 'street', 'portrait')
            )
        ],
    ),
)
