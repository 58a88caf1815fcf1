# A handful of photographs that come with the repository.
_base_ = './loaders.py'

data_root = '{{ fileDirname }}/../../../tests/data'
photos = dict(data_root=data_root, data_prefix=dict(gt='photos'))

train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    dataset=photos,
)
val_dataloader = test_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=photos,
)
