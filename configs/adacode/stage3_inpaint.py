# Stage III: inpainting of white brush strokes. The release has no config for
# it: losses and schedule are those of super-resolution.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/stage3.py',
    '../_base_/datasets/inpainting.py',
]

inference_task = 'Inpainting'

model = dict(
    generator=dict(encoder=dict(channels=(64, 128, 256, 256))),
    # Input and output have the same size, so stage II's encoder is a start.
    init_cfg=dict(
        sources=[
            dict(
                source,
                parts={
                    **source.parts,
                    'generator.encoder.in_conv': 'generator.encoder.in_conv',
                    'generator.encoder.downs': 'generator.encoder.downs',
                },
            )
            for source in _base_.model.init_cfg.sources
        ],
    ),
)
