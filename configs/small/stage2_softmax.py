# Stage II with weights that sum to 1: what do the codes tell, when the weights
# cannot tell how bright it is?
_base_ = './stage2.py'

work_dir = 'work_dirs/small/stage2_softmax'

model = dict(generator=dict(weight_predictor=dict(softmax=True)))
