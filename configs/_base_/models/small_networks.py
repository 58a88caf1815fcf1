# Numbers of the small-scale networks: hours on one CPU core, minutes on a
# GPU. Nothing works at full resolution: images come in as squares of 4x4
# pixels and leave through a sub-pixel convolution.
small_hq_encoder = dict(
    channels=(64, 64), num_groups=8, patch=4, out_norm=True
)
small_hq_decoder = dict(
    type='adacode_mm.FidelityDecoder',
    channels=(64, 64),
    scale=4,
    num_blocks=4,
    with_image=False,
)
# Windows of 32 pixels, so that crops may be as small.
small_swin = dict(
    num_layers=1, depth=2, num_heads=4, window_size=4, mlp_ratio=2
)
small_bases = dict(
    quantizers=[
        dict(
            type='adacode_mm.VectorQuantizer',
            num_embeddings=num_embeddings,
            embedding_dim=32,
        )
        for num_embeddings in (256, 128, 256, 128, 128)
    ],
    # Bounded: free weights carried the picture in place of the codes.
    weight_predictor=dict(swin=small_swin, softmax=True),
)
small_lq_encoder = dict(
    swin=small_swin, up_channels=(), num_groups=8, out_norm=True
)
# What a network that restores has instead of the decoder above. Its parts have
# the same shapes at x4.
small_fidelity_decoder = dict(
    type='adacode_mm.FidelityDecoder',
    channels=(64, 64),
    scale=4,
    num_blocks=4,
)
small_training = dict(
    # Dear beside networks of this size; stage III brings its own.
    perceptual_loss=None,
    discriminator=None,
    gan_loss=None,
)
