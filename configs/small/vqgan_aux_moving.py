# VQGAN-aux, but its codes are trained on: is it held back by frozen codes?
_base_ = './vqgan_aux_896x32.py'

work_dir = 'work_dirs/small/vqgan_aux_moving'

model = dict(
    frozen=[],
    # As in vqgan_512x56.py.
    code_losses=dict(vq=dict(codebook_weight=1.0)),
)
