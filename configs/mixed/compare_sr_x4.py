# AdaCode and Real-ESRGAN on the same images, in one test run:
#
#     python tools/test.py configs/mixed/compare_sr_x4.py
#
# prints adacode/PSNR, real_esrgan/PSNR, ... and writes every image side by
# side. The weights are those that were released.
_base_ = '../adacode/stage3_sr_x4.py'

work_dir = 'work_dirs/mixed/compare_sr_x4'

model = dict(
    _delete_=True,
    type='adacode_mm.ComparedEditors',
    editors=dict(
        adacode=dict(
            type='adacode_mm.CodebookEditor',
            generator=_base_.model.generator,
            pixel_loss=_base_.model.pixel_loss,
            data_preprocessor=_base_.model.data_preprocessor,
        ),
        real_esrgan=dict(
            type='RealESRGAN',
            generator=dict(
                type='RRDBNet',
                in_channels=3,
                out_channels=3,
                mid_channels=64,
                num_blocks=23,
                growth_channels=32,
                upscale_factor=4,
            ),
            pixel_loss=_base_.model.pixel_loss,
            is_use_ema=False,  # its average is what was released
            data_preprocessor=_base_.model.data_preprocessor,
        ),
    ),
    checkpoints=dict(
        adacode='https://github.com/kechunl/AdaCode/releases/download/'
        'v0-pretrain_models/AdaCode_SR_X4_model_g.pth',
        real_esrgan='https://download.openmmlab.com/mmediting/restorers/'
        'real_esrgan/realesrgan_c64b23g32_12x4_lr1e-4_400k_df2k_ost_'
        '20211010-34798885.pth',
    ),
)

test_evaluator = dict(
    metrics=[
        dict(type=metric, prefix=name, pred_key=f'pred_{name}', crop_border=4)
        for name in ('adacode', 'real_esrgan')
        for metric in ('PSNR', 'SSIM')
    ]
    + [
        dict(type='adacode_mm.LPIPS', prefix=name, pred_key=f'pred_{name}')
        for name in ('adacode', 'real_esrgan')
    ]
)
# Nothing is trained.
train_cfg = train_dataloader = optim_wrapper = None

custom_hooks = [dict(type='BasicVisualizationHook')]
visualizer = dict(
    img_keys=['input', 'pred_adacode', 'pred_real_esrgan', 'gt_img'],
    vis_backends=[dict(type='LocalVisBackend')],
)
