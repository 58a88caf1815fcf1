# Stage III, x4, with the encoder started as in the release: it loads whatever
# has the name and shape of a tensor of stage II, and by accident 8 tensors of
# the encoder do.
_base_ = '../stage3_sr_x4.py'

model = dict(
    init_cfg=dict(
        sources=[
            dict(
                source,
                parts={
                    **source.parts,
                    'generator.encoder.ups.0.res1': (
                        'generator.encoder.downs.2.res2'
                    ),
                },
            )
            for source in _base_.model.init_cfg.sources
        ],
    ),
)
