# Stage III, x2, with the encoder started as in the release: it loads whatever
# has the name and shape of a tensor of stage II, and by accident 17 tensors of
# the encoder do: those of 128 -> 64 pixels start those of 64 -> 32.
_base_ = '../stage3_sr_x2.py'

model = dict(
    init_cfg=dict(
        sources=[
            dict(
                source,
                parts={
                    **source.parts,
                    'generator.encoder.downs.1.conv.bias': (
                        'generator.encoder.downs.1.conv.bias'
                    ),
                    'generator.encoder.downs.1.res1': (
                        'generator.encoder.downs.1.res1'
                    ),
                    'generator.encoder.downs.1.res2': (
                        'generator.encoder.downs.1.res2'
                    ),
                },
            )
            for source in _base_.model.init_cfg.sources
        ],
    ),
)
