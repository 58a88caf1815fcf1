# The classes of femasr_hq.py with small numbers, without the semantic loss,
# which needs pretrained VGG.
_base_ = ['./femasr_hq.py', './tiny_networks.py']

model = dict(
    **_base_.tiny_training,
    generator=dict(
        **_base_.tiny_hq_network,
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=128,
                embedding_dim=64,
            )
        ],
        semantic_channels=None,
    ),
    code_losses=dict(semantic=None),
)
