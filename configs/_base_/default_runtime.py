# What every experiment shares: schedule, optimizers, hooks, logs. MMagic is
# the host: its names need no prefix.
default_scope = 'mmagic'
custom_imports = dict(imports=['adacode_mm'], allow_failed_imports=False)

# 350k iterations as in the paper; the release has 73.5k for stage I and 730k
# for stages II and III. Learning rates stay constant in both.
train_cfg = dict(
    type='adacode_mm.ResumableTrainLoop', max_iters=350_000, val_interval=5000
)
val_cfg = dict(type='MultiValLoop')
test_cfg = dict(type='MultiTestLoop')

optim_wrapper = dict(
    constructor='adacode_mm.TrainedPartsConstructor',
    generator=dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
    ),
    discriminator=dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=4e-4, betas=(0.9, 0.99)),
    ),
)
# Turned on by --auto-scale-lr: the rates above are for 32 images a step.
auto_scale_lr = dict(enable=False, base_batch_size=32)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    # The results of a validation belong to its iteration, as losses do.
    logger=dict(type='LoggerHook', interval=100, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='adacode_mm.BestCheckpointHook',
        interval=5000,
        max_keep_ckpts=3,
        # The first one that is reported: LPIPS needs the weights of AlexNet.
        save_best=[('val/LPIPS', 'less'), ('val/PSNR', 'greater')],
    ),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
# Pictures of the first and the last validation, and every 20k iterations.
custom_hooks = [
    dict(type='adacode_mm.CodebookUsageHook', interval=1000),
    dict(type='adacode_mm.RestorationPictureHook', interval=20_000),
    dict(
        type='adacode_mm.CodebookPictureHook', interval=20_000, style='signed'
    ),
]

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=4),
    dist_cfg=dict(backend='nccl'),
)
# Two optimizers need the children wrapped one by one.
model_wrapper_cfg = dict(
    type='MMSeparateDistributedDataParallel',
    broadcast_buffers=False,
    find_unused_parameters=False,
)
# All processes start alike; their samples differ by position, not by seed.
randomness = dict(seed=0)

log_level = 'INFO'
log_processor = dict(
    type='adacode_mm.TrainingLogProcessor', window_size=100, by_epoch=False
)
visualizer = dict(
    type='ConcatImageVisualizer',
    vis_backends=[
        dict(type='LocalVisBackend'),
        dict(type='adacode_mm.TensorBoardBackend'),
        # dict(type='WandbVisBackend', init_kwargs=dict(project='adacode')),
    ],
    fn_key='gt_path',
    img_keys=['gt_img', 'input', 'pred_img'],
    bgr2rgb=True,
)

load_from = None
resume = False

# What MMagicInferencer does with a picture.
inference_task = 'Image Super-Resolution'
inference_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='img', channel_order='rgb'),
    dict(type='PackInputs'),
]
