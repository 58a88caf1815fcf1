# VAR on the codes of the tokenizer.
_base_ = [
    '../../_base_/tiny_varformer_runtime.py',
    '../../_base_/models/tiny_varformer_var.py',
    '../../_base_/datasets/tiny_squares.py',
]

work_dir = 'work_dirs/tiny/varformer_var'
custom_hooks = [dict(type='adacode_mm.RestorationPictureHook')]

model = dict(
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/tiny/varformer_vqvae',
                parts={
                    'generator.vqvae': 'generator',
                },
            )
        ],
    )
)
