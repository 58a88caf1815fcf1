# Stage 2: restoration with the prior of VAR.
_base_ = [
    '../../_base_/tiny_varformer_runtime.py',
    '../../_base_/models/tiny_varformer_stage2.py',
    '../../_base_/datasets/tiny_tasks.py',
]

work_dir = 'work_dirs/tiny/varformer_stage2'
custom_hooks = [dict(type='adacode_mm.RestorationPictureHook')]

model = dict(
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/tiny/varformer_stage1',
                parts={
                    'generator.prior.vqvae': 'generator.vqvae',
                    'generator.prior.var': 'generator.var',
                    'generator.prior.adapter': 'generator.adapter',
                    'generator.prior.cross_attentions.0': (
                        'generator.cross_attentions.0'
                    ),
                },
            )
        ],
    )
)
