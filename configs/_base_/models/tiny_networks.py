# Numbers of the miniatures, an eighth of the full ones where that works.
tiny_hq_network = dict(
    encoder=dict(channels=(16, 16, 32, 64), num_groups=2),
    decoder=dict(channels=(64, 32, 32, 16), num_groups=2),
)
tiny_swin = dict(
    num_layers=1, depth=2, num_heads=4, window_size=4, mlp_ratio=2
)
tiny_bases = dict(
    quantizers=[
        dict(
            type='adacode_mm.VectorQuantizer',
            num_embeddings=num_embeddings,
            embedding_dim=32,
        )
        for num_embeddings in (64, 32, 64, 32, 32)
    ],
    weight_predictor=dict(swin=tiny_swin),
)
tiny_lq_encoder = dict(
    channels=(64, 64), swin=tiny_swin, up_channels=(32, 32), num_groups=2
)
tiny_training = dict(
    discriminator=dict(mid_channels=4),
    # It needs pretrained VGG: nothing to download.
    perceptual_loss=None,
    # So small a discriminator only disturbs in the first thousands of steps.
    gan_loss=dict(loss_weight=0.001),
)
