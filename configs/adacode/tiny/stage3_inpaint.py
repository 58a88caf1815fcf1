# Stage III: inpainting of white brush strokes.
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_stage3.py',
    '../../_base_/datasets/tiny_inpainting.py',
]

work_dir = 'work_dirs/tiny/stage3_inpaint'

inference_task = 'Inpainting'

model = dict(
    generator=dict(encoder=dict(channels=(16, 16, 32, 64))),
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
