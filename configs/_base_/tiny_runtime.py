# For runs of minutes on a CPU.
_base_ = './default_runtime.py'

default_hooks = dict(logger=dict(interval=50), checkpoint=dict(interval=500))
custom_hooks = [
    dict(type='adacode_mm.CodebookUsageHook', interval=250),
    dict(type='adacode_mm.RestorationPictureHook'),
    dict(type='adacode_mm.CodebookPictureHook', style='signed'),
]
env_cfg = dict(dist_cfg=dict(backend='gloo'))
