# The classes of varformer_stage2.py with small numbers, without the
# perceptual loss, which needs pretrained VGG.
_base_ = ['./varformer_stage2.py', './tiny_varformer_prior.py']

model = dict(
    generator=dict(
        prior=dict(**_base_.tiny_varformer_prior, num_cross_attentions=1)
    ),
    perceptual_loss=None,
)
