# Stage III: a new encoder finds the codes of degraded images; codebooks and
# decoder stay as stage II left them. AdaCode, section 3.3, eq. (8).
# Where paper and released code differ, losses and networks follow the code.

# Names of the codebooks. `--cfg-options bases=arch,nature` keeps these two, in
# this order, everywhere (see ../../adacode/ablation_bases.py).
bases = ['arch', 'indoor', 'nature', 'street', 'portrait']

stage2 = dict(
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
    # No softmax: the weights are free, as released; the paper is silent.
    weight_predictor=dict(type='adacode_mm.WeightPredictor'),
    semantic_channels=None,
)

model = dict(
    type='adacode_mm.CodebookEditor',
    generator=dict(
        stage2,
        encoder=dict(
            type='adacode_mm.MultiScaleEncoder',
            channels=(256, 256),
            swin=dict(),
            up_channels=(256, 128),
        ),
    ),
    # Stage II as it was, on the ground truth; frozen, stopped before its
    # decoder.
    hq_prior=stage2,
    discriminator=dict(
        type='UNetDiscriminatorWithSpectralNorm',
        in_channels=3,
        mid_channels=64,
        skip_connection=True,
    ),
    # The release loads whatever matches by name and shape, which fills some
    # unrelated encoder tensors by accident (../../adacode/released). Here is
    # what is meant.
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
    # The paper names codebooks and decoder; released with `post_quants`.
    frozen=[
        'generator.quantizers',
        'generator.post_quants',
        'generator.decoder',
    ],
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
        # The paper compares what the decoders receive ('mixed'); the release
        # each codebook's features, too. Its term on 'feat' has weight 0.
        match_codes=dict(type='adacode_mm.PriorMatchLoss', tap='codes'),
        match_mixed=dict(type='adacode_mm.PriorMatchLoss', tap='mixed'),
        # On 'feat', per device, as released; the paper takes 'mixed'.
        nce=dict(type='adacode_mm.InfoNCELoss', temperature=0.5),
    ),
    data_preprocessor=dict(
        type='DataPreprocessor',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        output_channel_order='RGB',
    ),
)
del stage2
