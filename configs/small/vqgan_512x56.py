# Baseline VQGAN: one codebook for all patches, with as many numbers as the
# five together.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage1.py',
    '../_base_/datasets/small_reconstruction.py',
]

work_dir = 'work_dirs/small/vqgan_512x56'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=512,
                embedding_dim=56,
            )
        ]
    ),
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/small/autoencoder',
                parts={
                    'generator.encoder': 'generator.encoder',
                    'generator.decoder': 'generator.decoder',
                },
            )
        ],
    ),
)
custom_hooks = [
    # Its projections are wider than those of the autoencoder: new.
    dict(type='adacode_mm.CodebookWarmUpHook', iterations=100),
    *_base_.custom_hooks,
]
