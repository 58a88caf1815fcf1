# The classes of femasr_lq.py with small numbers.
_base_ = ['./femasr_lq.py', './tiny_networks.py']

tiny_codebook = dict(
    type='adacode_mm.VectorQuantizer', num_embeddings=128, embedding_dim=64
)
model = dict(
    **_base_.tiny_training,
    generator=dict(
        encoder=_base_.tiny_lq_encoder,
        decoder=_base_.tiny_hq_network.decoder,
        quantizers=[tiny_codebook],
    ),
    hq_prior=dict(**_base_.tiny_hq_network, quantizers=[tiny_codebook]),
    init_cfg=dict(
        sources=[
            dict(source, checkpoint='work_dirs/tiny/femasr_hq')
            for source in _base_.model.init_cfg.sources
        ],
    ),
)
