# Stage I: one codebook for one class of images. AdaCode, section 3.1, eq. (5).
# Where paper and released code differ, losses and networks follow the code.
model = dict(
    type='adacode_mm.CodebookEditor',
    generator=dict(
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
                num_embeddings=512,
                embedding_dim=256,
            )
        ],
        semantic_channels=512,
    ),
    discriminator=dict(
        type='UNetDiscriminatorWithSpectralNorm',
        in_channels=3,
        mid_channels=64,
        skip_connection=True,
    ),
    pixel_loss=dict(type='L1Loss', loss_weight=1.0, reduction='mean'),
    # The paper names a perceptual loss and a GAN; these are the release's.
    perceptual_loss=dict(type='adacode_mm.LPIPSLoss', net='vgg'),
    gan_loss=dict(
        type='GANLoss',
        gan_type='hinge',
        real_label_val=1.0,
        fake_label_val=0.0,
        loss_weight=0.1,
    ),
    code_losses=dict(
        # Means over elements; the paper writes squared norms.
        vq=dict(type='adacode_mm.VQLoss', beta=0.25),
        # On the codes behind a ReLU; the paper has the encoder's feature.
        semantic=dict(type='adacode_mm.SemanticLoss', loss_weight=0.1),
    ),
    data_preprocessor=dict(
        type='DataPreprocessor',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        output_channel_order='RGB',
    ),
)
