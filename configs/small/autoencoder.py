# Before stage I: encoder and decoder learn without codes, on all patches. The
# codes of all stages are looked for among its features.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage1.py',
    '../_base_/datasets/small_reconstruction.py',
]

work_dir = 'work_dirs/small/autoencoder'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=256,
                embedding_dim=32,
            )
        ]
    )
)
train_cfg = dict(max_iters=500, val_interval=250)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=450),
]
custom_hooks = [
    dict(
        type='adacode_mm.CodebookWarmUpHook',
        iterations=500,
    ),
]
