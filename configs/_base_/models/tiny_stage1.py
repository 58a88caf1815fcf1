# The classes of stage1.py with small numbers. The terms that need pretrained
# VGG (LPIPS and the semantic loss) are left out: nothing to download.
_base_ = './stage1.py'

model = dict(
    generator=dict(
        encoder=dict(channels=(16, 16, 32, 64), num_groups=2),
        decoder=dict(channels=(64, 32, 32, 16), num_groups=2),
        semantic_channels=None,
    ),
    discriminator=dict(mid_channels=4),
    perceptual_loss=None,
    # So small a discriminator only disturbs in the first thousands of steps.
    gan_loss=dict(loss_weight=0.001),
    code_losses=dict(semantic=None),
)
