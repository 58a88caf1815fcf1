# Numbers of the small-scale reproduction: hours on two CPU cores, minutes on a
# GPU. Half of the full codebooks, about a third of the widths.
small_hq_network = dict(
    encoder=dict(channels=(32, 64, 96, 96), num_groups=8),
    decoder=dict(channels=(96, 96, 64, 32), num_groups=8),
)
small_swin = dict(
    num_layers=1, depth=4, num_heads=4, window_size=8, mlp_ratio=2
)
small_bases = dict(
    quantizers=[
        dict(
            type='adacode_mm.VectorQuantizer',
            num_embeddings=num_embeddings,
            embedding_dim=64,
        )
        for num_embeddings in (256, 128, 256, 128, 128)
    ],
    weight_predictor=dict(swin=small_swin),
)
small_lq_encoder = dict(swin=small_swin, up_channels=(96, 64), num_groups=8)
small_training = dict(
    # Its weights would have to be downloaded.
    perceptual_loss=None,
    # An adversarial loss needs many times the steps.
    discriminator=None,
    gan_loss=None,
)
