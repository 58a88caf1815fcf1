# Stage II: five frozen codebooks, mixed by a weight map; everything else is
# trained from scratch. AdaCode, section 3.2, eq. (7).
_base_ = './stage1.py'

# Names of the codebooks. `--cfg-options bases=arch,nature` keeps these two, in
# this order, everywhere (see ../../adacode/ablation_bases.py).
bases = ['arch', 'indoor', 'nature', 'street', 'portrait']

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=num_embeddings,
                embedding_dim=256,
            )
            for num_embeddings in (512, 256, 512, 256, 256)
        ],
        # No softmax: the weights are free, as released; the paper is silent.
        weight_predictor=dict(type='adacode_mm.WeightPredictor'),
        semantic_channels=None,
    ),
    # Only the codes are handed over, in this order.
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint=f'work_dirs/stage1_{name}',
                parts={f'generator.quantizers.{k}': 'generator.quantizers.0'},
            )
            for k, name in enumerate(bases)
        ],
    ),
    frozen=['generator.quantizers'],
    code_losses=dict(
        # The codes are frozen: their term is a constant, which the release
        # logs and adds all the same.
        vq=dict(codebook_weight=0.0),
        semantic=None,
    ),
)
