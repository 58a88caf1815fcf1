# MMagic's RRDBNet (ESRGAN), trained by our editor as AdaCode is, as far as a
# network without codes allows: pixel loss, GAN, optimizers, data, metrics.
_base_ = '../adacode/tiny/stage3_sr_x4.py'

work_dir = 'work_dirs/mixed/rrdbnet_x4'

model = dict(
    generator=dict(
        _delete_=True,
        type='adacode_mm.CodelessNet',
        scale=4,
        network=dict(
            type='RRDBNet',  # 64 channels and 23 blocks in the paper
            in_channels=3,
            out_channels=3,
            mid_channels=16,
            num_blocks=2,
            growth_channels=8,
            upscale_factor=4,
        ),
    ),
    frozen=[],
    hq_prior=None,
    init_cfg=None,
    code_losses=dict(match_codes=None, match_mixed=None, nce=None),
    test_cfg=dict(padding='minimal'),
)
custom_hooks = [dict(type='adacode_mm.RestorationPictureHook')]
