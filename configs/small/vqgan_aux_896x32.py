# Baseline VQGAN-aux: the codes of all five bases in one frozen codebook.
_base_ = './vqgan_512x56.py'

work_dir = 'work_dirs/small/vqgan_aux_896x32'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=256 + 128 + 256 + 128 + 128,
                embedding_dim=32,
            )
        ]
    ),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint='work_dirs/small/autoencoder',
                parts={
                    f'generator.{part}': f'generator.{part}'
                    for part in (
                        'encoder',
                        'pre_quants',
                        'post_quants',
                        'decoder',
                    )
                },
            ),
            dict(
                # Of several checkpoints the tensors are joined, in this order.
                checkpoint=[
                    f'work_dirs/small/stage1_group{k}' for k in range(5)
                ],
                parts={'generator.quantizers.0': 'generator.quantizers.0'},
            ),
        ],
    ),
    frozen=['generator.quantizers'],
    # As in stage II: frozen codes have no codebook term.
    code_losses=dict(vq=dict(codebook_weight=0.0)),
)
custom_hooks = _base_.custom_hooks[1:]
