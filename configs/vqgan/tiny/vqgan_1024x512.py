# Baseline VQGAN: one codebook for all classes; here 128 codes of dimension 64.
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_stage1.py',
    '../../_base_/datasets/tiny_reconstruction.py',
]

work_dir = 'work_dirs/tiny/vqgan_1024x512'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=128,
                embedding_dim=64,
            )
        ]
    )
)
