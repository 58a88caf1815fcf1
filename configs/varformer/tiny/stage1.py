# Stage 1: VAR learns to look at an image.
_base_ = [
    '../../_base_/tiny_varformer_runtime.py',
    '../../_base_/models/tiny_varformer_stage1.py',
    '../../_base_/datasets/tiny_tasks.py',
]

work_dir = 'work_dirs/tiny/varformer_stage1'
custom_hooks = [dict(type='adacode_mm.RestorationPictureHook')]

model = dict(
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/tiny/varformer_var',
                parts={
                    'generator.vqvae': 'generator.vqvae',
                    'generator.var': 'generator.var',
                },
            )
        ],
    )
)
