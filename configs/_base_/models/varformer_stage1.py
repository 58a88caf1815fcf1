# Stage 1: VAR learns to look at an image. Nothing of VAR itself is trained;
# the release goes on training its head, embeddings and their norms: there,
# only `generator.prior.var.blocks` is frozen.
model = dict(
    type='adacode_mm.CodebookEditor',
    generator=dict(
        type='adacode_mm.VARPrior',
        vqvae=dict(
            type='adacode_mm.MultiScaleVQVAE',
            widths=(160, 160, 320, 320, 640),
            quantizer=dict(
                type='adacode_mm.MultiScaleQuantizer',
                num_embeddings=4096,
                embedding_dim=32,
            ),
        ),
        var=dict(type='adacode_mm.VAR', depth=16, channels=1024, num_heads=16),
        # Behind each block of VAR.
        num_cross_attentions=16,
        # The released arrangement is `official`, or `official_batch` for a
        # training that mixes the images of a batch as the release does.
        layout='fixed',
        # The release trains on VAR's own choices.
        teacher_forcing=True,
    ),
    frozen=['generator.vqvae', 'generator.var'],
    # The tokenizer shows the codes of the clean image.
    hq_prior='generator.vqvae',
    # The image comes from choices through frozen parts: no loss on it would
    # train anything.
    pixel_loss=dict(type='L1Loss', loss_weight=0.0),
    code_losses=dict(
        tokens=dict(type='adacode_mm.TokenLoss', loss_weight=0.1),
        latent=dict(type='adacode_mm.LatentLoss', loss_weight=0.5),
    ),
    test_cfg=dict(padding='minimal'),
    data_preprocessor=dict(
        type='DataPreprocessor',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        output_channel_order='RGB',
    ),
)
