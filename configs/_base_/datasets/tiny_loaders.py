# A handful of photographs that come with the repository.
_base_ = './loaders.py'

data_root = '{{ fileDirname }}/../../../tests/data'
photos = dict(data_root=data_root, data_prefix=dict(gt='photos'))

train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(photos, min_size=64),
)
val_dataloader = test_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=photos,
)

# LPIPS only where AlexNet's weights are at hand: nothing to download.
val_evaluator = test_evaluator = dict(
    metrics=[
        dict(metric, download=False) if 'LPIPS' in metric['type'] else metric
        for metric in _base_.val_evaluator.metrics
    ]
)
