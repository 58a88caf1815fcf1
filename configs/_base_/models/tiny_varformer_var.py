# VAR without labels: VarFormer's prior branch that looks at no image. Adapter
# and tokenizer stay as they are.
_base_ = ['./varformer_stage1.py', './tiny_varformer_prior.py']

model = dict(
    generator=dict(**_base_.tiny_varformer_prior, num_cross_attentions=0),
    frozen=['generator.vqvae', 'generator.adapter'],
    code_losses=dict(tokens=dict(loss_weight=1.0), latent=None),
)
