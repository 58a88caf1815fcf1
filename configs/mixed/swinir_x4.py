# As rrdbnet_x4.py, with MMagic's SwinIR.
_base_ = './rrdbnet_x4.py'

work_dir = 'work_dirs/mixed/swinir_x4'

model = dict(
    generator=dict(
        network=dict(
            _delete_=True,
            type='SwinIRNet',  # 180 channels and 6 groups of 6 in the paper
            upscale=4,
            in_chans=3,
            img_size=16,
            window_size=4,
            img_range=1.0,
            depths=[2, 2],
            embed_dim=24,
            num_heads=[4, 4],
            mlp_ratio=2,
            upsampler='pixelshuffle',
            resi_connection='1conv',
        ),
    ),
)
