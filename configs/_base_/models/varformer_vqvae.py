# VAR's image tokenizer. The authors of VAR trained it on OpenImages and
# publish no recipe; this is VQGAN's, with the loss that the code shows.
model = dict(
    type='adacode_mm.CodebookEditor',
    generator=dict(
        type='adacode_mm.MultiScaleVQVAE',
        widths=(160, 160, 320, 320, 640),
        quantizer=dict(
            type='adacode_mm.MultiScaleQuantizer',
            num_embeddings=4096,
            embedding_dim=32,
        ),
    ),
    pixel_loss=dict(type='L1Loss', loss_weight=1.0, reduction='mean'),
    # A mean over the ten scales.
    code_losses=dict(
        vq=dict(type='adacode_mm.VQLoss', beta=0.25, loss_weight=0.1)
    ),
    test_cfg=dict(padding='minimal'),
    data_preprocessor=dict(
        type='DataPreprocessor',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        output_channel_order='RGB',
    ),
)
