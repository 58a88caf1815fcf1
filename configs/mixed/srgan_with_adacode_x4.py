# AdaCode's network, trained by MMagic's SRGAN: losses on pictures alone, the
# codebooks stay as they are. With `../adacode/stage3_sr_x4.py` as the base it
# is the full-size network on data/adacode.
_base_ = '../adacode/tiny/stage3_sr_x4.py'

work_dir = 'work_dirs/mixed/srgan_with_adacode_x4'

model = dict(
    _delete_=True,
    type='SRGAN',
    generator=dict(_base_.model.generator, type='adacode_mm.ImageCodebookNet'),
    discriminator=_base_.model.discriminator,
    pixel_loss=dict(type='L1Loss', loss_weight=1.0, reduction='mean'),
    gan_loss=dict(
        type='GANLoss',
        gan_type='vanilla',
        loss_weight=0.001,
        real_label_val=1.0,
        fake_label_val=0.0,
    ),
    data_preprocessor=_base_.model.data_preprocessor,
)
# These two need a model that shows its codes.
custom_hooks = [dict(type='adacode_mm.RestorationPictureHook')]
