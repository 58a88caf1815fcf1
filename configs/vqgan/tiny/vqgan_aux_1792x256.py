# Baseline VQGAN-aux: the codes of all five bases in one frozen codebook, here
# 224 of dimension 32, and no weight map.
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_stage1.py',
    '../../_base_/datasets/tiny_reconstruction.py',
]

work_dir = 'work_dirs/tiny/vqgan_aux_1792x256'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=64 + 32 + 64 + 32 + 32,
                embedding_dim=32,
            )
        ]
    ),
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                # Of several checkpoints the tensors are joined, in this order.
                checkpoint=[
                    'work_dirs/tiny/stage1_arch',
                    'work_dirs/tiny/stage1_indoor',
                    'work_dirs/tiny/stage1_nature',
                    'work_dirs/tiny/stage1_street',
                    'work_dirs/tiny/stage1_portrait',
                ],
                parts={'generator.quantizers.0': 'generator.quantizers.0'},
            )
        ],
    ),
    frozen=['generator.quantizers'],
    code_losses=dict(vq=dict(codebook_weight=0.0)),
)
