# Stage 1: VAR d16 learns to look at a degraded image. The two files are VAR's,
# from https://huggingface.co/FoundationVision/var. Two GPUs.
_base_ = [
    '../_base_/varformer_runtime.py',
    '../_base_/models/varformer_stage1.py',
    '../_base_/datasets/tasks.py',
]

work_dir = 'work_dirs/varformer_stage1_d16'
custom_hooks = [
    dict(type='adacode_mm.RestorationPictureHook', interval=20_000)
]

model = dict(
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='weights/vae_ch160v4096z32.pth',
                parts={'generator.vqvae': 'generator'},
            ),
            dict(
                checkpoint='weights/var_d16.pth',
                parts={'generator.var': 'generator'},
            ),
        ],
    )
)
