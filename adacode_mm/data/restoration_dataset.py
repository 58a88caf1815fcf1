"""Lists of images, checked before training begins."""

import logging
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from mmagic.datasets import BasicImageDataset
from mmengine.logging import print_log

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.registry import DATASETS

from .image_stores import FolderStore, LmdbStore, open_store

SHOWN = 10
# What lists may have after a name: (480,480,3), and in those of LMDBs 3, the
# compression.
SHAPE = re.compile(r'\s+\(\s*\d+(\s*,\s*\d+)*\s*\)(\s+\d+)?\s*$')
# Files that take longer to open than this, in seconds, lie on a slow disk or
# on a server, where several are asked for at once; on a fast one, Python's
# lock makes that slower.
SLOW = 3e-4
TRIED = 64
THREADS = 16


@DATASETS.register_module()
class RestorationDataset(BasicImageDataset):
    """Images to restore or to learn a codebook from, checked by name.

    MMagic's `BasicImageDataset`, except that it makes sure, before training
    begins, that every image is there: with `data_prefix=dict(gt=...)` the
    images themselves, with `dict(gt=..., img=...)` also the low-quality
    partner of each, of the same name and exactly `scale` times smaller, and
    with `dict(gt=..., mask=...)` a mask of the same size. The extension may
    differ (a.png and a.jpg). Names may have spaces. A folder without
    annotation file is listed in the order of the names, with subfolders.

    The partner is found by name; the released code sorts two lists and pairs
    them by position. The check reads the headers of the files, in the first
    process of each machine.

    Args:
        ann_file: File with one name a line, relative to the folders; a
            trailing shape, such as ` (480,480,3)`, is left out. '' lists the
            folder of `gt`.
        data_root: Folder that the other paths are relative to.
        data_prefix: Key -> folder of images, or of an LMDB of them; by
            default gt -> `data_root`. `gt` has to be one of the keys.
        scale: Size of `gt` over size of `img`.
        min_size: Least height and width of `gt`, the training crop's.
        check_sizes: Whether to read the headers: sizes, and whether the end
            of a file is missing. The names are always checked.
        filename_tmpl: Key -> template of its names, such as
            `dict(img='{}_x4')`.
        **kwargs: As for `BasicImageDataset`.

    Raises:
        ConfigError: If `data_prefix` has no `gt`.
        InputError: If a folder or the annotation file is missing, there are
            no images, or some of them are missing, unreadable or have the
            wrong size.
    """

    def __init__(
        self,
        ann_file: str = '',
        data_root: str | None = None,
        data_prefix: dict | None = None,
        scale: int = 1,
        min_size: int = 0,
        check_sizes: bool = True,
        filename_tmpl: dict | None = None,
        **kwargs,
    ):
        data_prefix = data_prefix or {'gt': ''}
        # A copy, since MMagic writes into it.
        filename_tmpl = dict(filename_tmpl or {})
        if 'gt' not in data_prefix:
            raise ConfigError(
                f'RestorationDataset needs a folder for gt in data_prefix, '
                f'got {dict(data_prefix)}.'
            )
        for key, template in filename_tmpl.items():
            if template.count('{}') != 1:
                raise ConfigError(
                    f'A template of names must have one {{}} where the name '
                    f'goes, got {template!r} for {key}.'
                )
        if scale < 1 or scale != int(scale):
            raise ConfigError(
                f'scale must be a whole number of at least 1, got {scale!r}.'
            )
        self.scale = int(scale)
        self.min_size = min_size
        self.check_sizes = check_sizes
        super().__init__(
            ann_file=ann_file,
            data_root=data_root,
            data_prefix=data_prefix,
            filename_tmpl=filename_tmpl,
            search_key='gt',
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """Samples, all of which are there.

        Returns:
            For each `key`, the name without extension, and `{key}_path` for
            every key of `data_prefix`.
        """
        with ExitStack() as stack:
            stores = {}
            for key, folder in self.data_prefix.items():
                stores[key] = open_store(folder)
                stack.callback(stores[key].close)
            names = self._names(stores['gt'])
            samples, problems = self._match(names, stores)
            problems += self._wrong_sizes(samples, stores)
            self._refuse(problems, len(names))
            self._mention_orphans(stores)
        return [
            {
                'key': os.path.splitext(sample['gt'])[0],
                **{
                    f'{key}_path': os.path.join(self.data_prefix[key], name)
                    for key, name in sample.items()
                },
            }
            for sample in samples
        ]

    def prepare_data(self, idx: int):
        """Load and augment a sample; what goes wrong names its file.

        Raises:
            InputError: If it does, for example since the header of a file is
                whole, which is all that was checked, but not its pixels.
        """
        try:
            return super().prepare_data(idx)
        except InputError:
            raise
        except Exception as error:
            info = self.get_data_info(idx)
            paths = [
                path for key, path in info.items() if key.endswith('_path')
            ]
            reason = ' '.join(str(error).split()).rstrip('.')
            raise InputError(
                f'{" and ".join(paths)} must be readable images that go '
                f'through the pipeline, but it says: '
                f'{type(error).__name__}: {reason}.'
            ) from error

    def _names(self, store):
        if not self.ann_file:
            names = [self._bare(name, 'gt') for name in store.names()]
            place = f'folder {store.root!r}'
        else:
            if not os.path.isfile(self.ann_file):
                raise InputError(
                    f'There must be an annotation file at {self.ann_file!r}, '
                    f'one name a line, found none.'
                )
            try:
                with open(self.ann_file, encoding='utf-8-sig') as file:
                    names = [SHAPE.sub('', line.strip()) for line in file]
            except UnicodeDecodeError:  # as PowerShell writes: UTF-16
                raise InputError(
                    f'The annotation file {self.ann_file!r} must be text in '
                    f'UTF-8, but it is not: save it in that encoding.'
                ) from None
            names = [name.replace('\\', '/').lstrip('/') for name in names]
            place = f'annotation file {self.ann_file!r}'
        names = [name for name in names if name]
        if not names:
            raise InputError(
                f'The {place} must name at least one image, but it is empty.'
            )
        return names

    def _match(self, names, stores):
        """Names of the files of each sample, and what is missing."""
        samples, problems = [], []
        for name in names:
            sample = {}
            for key, store in stores.items():
                found = store.find(self._full(name, key))
                if len(found) == 1:
                    sample[key] = found[0]
                elif found:
                    problems.append(f'{name} ({key}: {" or ".join(found)}?)')
                else:
                    problems.append(f'{name} (no {key} in {store.root})')
            if len(sample) == len(stores):
                samples.append(sample)
        return samples, problems

    def _wrong_sizes(self, samples, stores):
        # One process a machine is enough: an error ends all of them.
        if not self.check_sizes or int(os.environ.get('LOCAL_RANK', 0)):
            return []
        start = time.perf_counter()

        def look(sample):
            return self._wrong_size(sample, stores)

        problems = [look(sample) for sample in samples[:TRIED]]
        rest = samples[TRIED:]
        if rest and time.perf_counter() - start > SLOW * TRIED * len(stores):
            with ThreadPoolExecutor(THREADS) as pool:
                problems += pool.map(look, rest)
        else:
            problems += map(look, rest)
        seconds = time.perf_counter() - start
        print_log(
            f'{len(samples)} images, headers checked in {seconds:.1f} s: '
            f'{self.ann_file or self.data_prefix["gt"]}',
            logger='current',
        )
        return [problem for problem in problems if problem]

    def _wrong_size(self, sample, stores):
        sizes = {}
        for key, name in sample.items():
            try:
                sizes[key] = stores[key].size(name)
            except InputError as error:
                path = os.path.join(stores[key].root, name)
                return f'{path} ({str(error).rstrip(".")})'
        height, width = sizes['gt']
        if min(height, width) < self.min_size:
            return (
                f'{sample["gt"]} (gt is {width}x{height}, must be at least '
                f'{self.min_size}x{self.min_size})'
            )
        for key, size in sizes.items():
            scale = self.scale if key == 'img' else 1
            if (size[0] * scale, size[1] * scale) != (height, width):
                return (
                    f'{sample["gt"]} ({key} is {size[1]}x{size[0]}, times '
                    f'{scale} must be {width}x{height})'
                )
        return None

    def _refuse(self, problems, total):
        if not problems:
            return
        shown = '; '.join(problems[:SHOWN])
        more = len(problems) - SHOWN
        shown += f'; and {more} more' if more > 0 else ''
        raise InputError(
            f'All {total} images of {self.ann_file or self.data_prefix["gt"]} '
            f'must be there with the right size, but {len(problems)} '
            f'{"is" if len(problems) == 1 else "are"} not: {shown}: correct '
            f'the files or take the names out of the list.'
        )

    def _mention_orphans(self, stores):
        """Warn of partners without ground truth: two sets were mixed up?"""
        for key in stores.keys() - {'gt'}:
            orphans = self._orphans(stores[key], stores['gt'], key)
            if orphans:
                print_log(
                    f'{len(orphans)} images in {stores[key].root} have no '
                    f'ground truth in {stores["gt"].root} and are not used, '
                    f'such as {", ".join(orphans[:3])}.',
                    logger='current',
                    level=logging.WARNING,
                )

    def _orphans(self, store, gt: FolderStore | LmdbStore, key):
        orphans = []
        for name in store.names():
            bare = self._bare(name, key)
            if bare is None or not gt.find(self._full(bare, 'gt')):
                orphans.append(name)
        return orphans

    def _full(self, name, key):
        """Name of a file by the template of its key."""
        stem, extension = os.path.splitext(name)
        return self.filename_tmpl[key].format(stem) + extension

    def _bare(self, name, key):
        """Its inverse; None if the file does not follow the template."""
        before, after = self.filename_tmpl[key].split('{}')
        stem, extension = os.path.splitext(name)
        if not (stem.startswith(before) and stem.endswith(after)):
            return None
        return stem[len(before) : len(stem) - len(after)] + extension
