# A residual network without codes: what stage III starts from and has to
# beat.
model = dict(
    type='adacode_mm.CodebookEditor',
    generator=dict(
        type='adacode_mm.CodelessNet',
        scale=4,
        network=dict(
            type='adacode_mm.PlainNet', scale=4, channels=64, num_blocks=4
        ),
    ),
    pixel_loss=dict(type='L1Loss', loss_weight=1.0, reduction='mean'),
    data_preprocessor=dict(
        type='DataPreprocessor',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        output_channel_order='RGB',
    ),
    test_cfg=dict(padding='minimal'),
)
