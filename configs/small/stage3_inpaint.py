# Stage III: inpainting of brush strokes. The network sees them filled smoothly
# with what is around them: 1500 steps from white were not enough to learn
# that.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage3.py',
    '../_base_/datasets/small_inpainting.py',
    '../_base_/schedules/small_cosine.py',
]

work_dir = 'work_dirs/small/stage3_inpaint'

inference_task = 'Inpainting'

model = dict(
    generator=dict(
        encoder=dict(channels=(32, 64, 96, 96)), hole_fill='harmonic'
    ),
    # What is known is put back afterwards, so holes count most.
    train_cfg=dict(hole_weight=5),
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
train_cfg = dict(max_iters=3000, val_interval=1000)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=2950),
]
