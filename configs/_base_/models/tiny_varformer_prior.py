# Numbers of the miniatures of VarFormer, for images of 64 pixels: four levels
# in place of five, four scales in place of ten.
tiny_vqvae = dict(
    widths=(32, 32, 32, 64),
    quantizer=dict(num_embeddings=64, embedding_dim=16, scales=(1, 2, 4, 8)),
)
tiny_varformer_prior = dict(
    vqvae=tiny_vqvae,
    var=dict(depth=2, channels=64, num_heads=2),
    cross_heads=4,
    num_adapter_blocks=1,
)
