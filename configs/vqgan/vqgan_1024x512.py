# Baseline VQGAN: one codebook for all classes. As stage I, but with all
# patches, more and longer codes, and without the semantic loss, which came
# with FeMaSR.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/stage1.py',
    '../_base_/datasets/reconstruction.py',
]

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=1024,
                embedding_dim=512,
            )
        ],
        semantic_channels=None,
    ),
    code_losses=dict(semantic=None),
)
