# Stage III: inpainting of white brush strokes.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage3.py',
    '../_base_/datasets/small_inpainting.py',
    '../_base_/schedules/small_cosine.py',
]

work_dir = 'work_dirs/small/stage3_inpaint'

inference_task = 'Inpainting'

model = dict(
    generator=dict(encoder=dict(channels=(32, 64, 96, 96))),
    test_cfg=dict(hole_value=1.0),  # white, as in training
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
train_cfg = dict(max_iters=1500, val_interval=750)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=1450),
]
