# The second part of stage III: losses on what the eye sees, from a warm start.
small_perceptual_loss = dict(
    type='adacode_mm.STLPIPSLoss', net='vgg', loss_weight=0.3
)
small_discriminator = dict(
    type='UNetDiscriminatorWithSpectralNorm',
    in_channels=3,
    mid_channels=16,
    skip_connection=True,
)
small_gan_loss = dict(
    type='GANLoss',
    gan_type='hinge',
    real_label_val=1.0,
    fake_label_val=0.0,
    loss_weight=0.02,
)
small_sharp_optim_wrapper = dict(
    generator=dict(optimizer=dict(lr=2e-4)),
    discriminator=dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=4e-4, betas=(0.9, 0.99)),
    ),
)
small_average = dict(
    type='ExponentialMovingAverageHook',
    module_keys='generator_ema',
    interval=1,
    interp_cfg=dict(momentum=0.002),
)
