# For runs of minutes to an hour.
_base_ = './default_runtime.py'

default_hooks = dict(logger=dict(interval=25), checkpoint=dict(interval=250))
custom_hooks = [
    # So few steps would leave most codes unused.
    dict(
        type='adacode_mm.ReviveCodesHook',
        iterations=(25, 50, 75, 100, 150, 200, 250, 300, 400),
    ),
    dict(type='adacode_mm.CodebookUsageHook', interval=250),
    dict(type='adacode_mm.RestorationPictureHook', interval=1000),
    dict(type='adacode_mm.CodebookPictureHook', interval=1000, style='signed'),
]
env_cfg = dict(dist_cfg=dict(backend='gloo'))
