# Stage 2: two restoration networks learn to use VAR's prior, which goes on
# learning. On VAR's own choices, as in use.
_base_ = './varformer_stage1.py'

model = dict(
    generator=dict(
        _delete_=True,
        type='adacode_mm.VarFormerNet',
        prior=dict(
            _base_.model.generator,
            # Behind the first half of VAR's blocks.
            num_cross_attentions=8,
            teacher_forcing=False,
        ),
    ),
    frozen=['generator.prior.vqvae', 'generator.prior.var'],
    hq_prior='generator.prior.vqvae',
    # The release compares images in [-1, 1].
    pixel_loss=dict(type='L1Loss', loss_weight=2.0, reduction='mean'),
    perceptual_loss=dict(type='adacode_mm.VGGLoss', loss_weight=1.0),
    code_losses=dict(
        psnr=dict(
            type='adacode_mm.NegativePSNRLoss',
            value_range=2.0,
            loss_weight=0.5,
        )
    ),
)
