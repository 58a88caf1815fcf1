# The image tokenizer of VAR.
_base_ = [
    '../../_base_/tiny_varformer_runtime.py',
    '../../_base_/models/tiny_varformer_vqvae.py',
    '../../_base_/datasets/tiny_squares.py',
]

work_dir = 'work_dirs/tiny/varformer_vqvae'
custom_hooks = [dict(type='adacode_mm.RestorationPictureHook')]
