# Stage III: inpainting of white brush strokes.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/stage3.py',
    '../_base_/datasets/inpainting.py',
    '../_base_/schedules/adam_350k.py',
]

inference_task = 'Inpainting'

model = dict(
    generator=dict(encoder=dict(channels=(64, 128, 256, 256))),
    test_cfg=dict(hole_value=1.0),  # white, as in training
    # Input and output have the same size, so stage II's encoder is a start.
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/stage2',
                parts={
                    'generator.encoder.in_conv': 'generator.encoder.in_conv',
                    'generator.encoder.downs': 'generator.encoder.downs',
                    'generator.quantizers': 'generator.quantizers',
                    'generator.pre_quants': 'generator.pre_quants',
                    'generator.post_quants': 'generator.post_quants',
                    'generator.weight_predictor': 'generator.weight_predictor',
                    'generator.decoder': 'generator.decoder',
                    'discriminator': 'discriminator',
                    'hq_prior': 'generator',
                },
            )
        ],
    ),
)
