# Stage III: inpainting of brush strokes. The network sees them filled smoothly
# with what is around them, is told where they are, and adds to the fill.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage3.py',
    '../_base_/datasets/small_inpainting.py',
]

work_dir = 'work_dirs/small/stage3_inpaint'

inference_task = 'Inpainting'

model = dict(
    generator=dict(
        encoder=dict(channels=(32, 64, 64, 64), in_channels=4),
        decoder=dict(channels=(64, 64, 64, 32), scale=1, image_channels=4),
        hole_fill='marked',
    ),
    # What is known is put back afterwards, so holes count most.
    train_cfg=dict(hole_weight=5),
    # The decoder of stage II is one for x4.
    init_cfg=dict(
        sources=[
            dict(
                _base_.model.init_cfg.sources[0],
                parts={
                    target: start
                    for target, start in (
                        _base_.model.init_cfg.sources[0].parts.items()
                    )
                    if 'decoder' not in target
                },
            ),
        ],
    ),
)
train_cfg = dict(max_iters=8000, val_interval=2000)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=7950),
]
