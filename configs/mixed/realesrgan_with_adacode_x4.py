# AdaCode's network, trained by MMagic's RealESRGAN, which validates the moving
# average of its weights and wants a sharpened ground truth besides.
_base_ = './srgan_with_adacode_x4.py'

work_dir = 'work_dirs/mixed/realesrgan_with_adacode_x4'

model = dict(
    type='RealESRGAN',
    is_use_sharpened_gt_in_pixel=True,
    is_use_ema=True,
)

sharpen = dict(
    type='UnsharpMasking',
    keys=['gt'],
    kernel_size=51,
    sigma=0,
    weight=0.5,
    threshold=10,
)
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            *_base_.train_pipeline[:-1],
            sharpen,
            _base_.train_pipeline[-1],
        ]
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        pipeline=[*_base_.val_pipeline[:-1], sharpen, _base_.val_pipeline[-1]]
    )
)
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='ExponentialMovingAverageHook',
        module_keys=('generator_ema'),
        interval=1,
        interp_cfg=dict(momentum=0.001),
    ),
]
