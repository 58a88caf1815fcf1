# The classes of varformer_stage1.py with small numbers.
_base_ = ['./varformer_stage1.py', './tiny_varformer_prior.py']

model = dict(
    generator=dict(**_base_.tiny_varformer_prior, num_cross_attentions=2)
)
