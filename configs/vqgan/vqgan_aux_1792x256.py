# Baseline VQGAN-aux: the codes of all five bases in one frozen codebook, and
# no weight map.
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
                num_embeddings=512 + 256 + 512 + 256 + 256,
                embedding_dim=256,
            )
        ],
        semantic_channels=None,
    ),
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                # Of several checkpoints the tensors are joined, in this order.
                checkpoint=[
                    'work_dirs/stage1_arch',
                    'work_dirs/stage1_indoor',
                    'work_dirs/stage1_nature',
                    'work_dirs/stage1_street',
                    'work_dirs/stage1_portrait',
                ],
                parts={'generator.quantizers.0': 'generator.quantizers.0'},
            )
        ],
    ),
    frozen=['generator.quantizers'],
    # As in stage II: frozen codes have no codebook term.
    code_losses=dict(vq=dict(codebook_weight=0.0), semantic=None),
)
