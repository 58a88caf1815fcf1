# The classes of varformer_vqvae.py with small numbers.
_base_ = ['./varformer_vqvae.py', './tiny_varformer_prior.py']

model = dict(
    generator=_base_.tiny_vqvae,
    code_losses=dict(vq=dict(loss_weight=0.25)),
)
