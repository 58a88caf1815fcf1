# FeMaSR, Chen et al., ACM MM 2022, section 3.1: one codebook of high-quality
# images. As stage I of AdaCode, which took it over, semantic loss included,
# with more and longer codes.
_base_ = './stage1.py'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=1024,
                embedding_dim=512,
            )
        ]
    )
)
