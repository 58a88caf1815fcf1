# Stage 2 with VAR d20 and the deformable adjustment of the decoder; without a
# stage 1, from VAR's files.
_base_ = './stage2_d16.py'

work_dir = 'work_dirs/varformer_stage2_d20_adjust'

model = dict(
    generator=dict(
        prior=dict(
            var=dict(depth=20, channels=1280, num_heads=20),
            num_cross_attentions=6,
        ),
        adjust=True,
    ),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint='weights/vae_ch160v4096z32.pth',
                parts={'generator.prior.vqvae': 'generator'},
            ),
            dict(
                checkpoint='weights/var_d20.pth',
                parts={'generator.prior.var': 'generator'},
            ),
        ],
    ),
)
