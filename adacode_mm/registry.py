"""Our registries: they know names, and import a class when it is asked for.

Every registry is a child of MMEngine's root with scope `adacode_mm`, so
`type='adacode_mm.X'` is found from any OpenMMLab package without a
`custom_imports` (MMEngine imports this very module by the scope's name).
MMagic's registries find our names, too (`hosts/mmagic/mirror.py`), and here
all names of MMagic are found.
"""

from importlib import import_module
from importlib.util import find_spec

from mmengine import registry as _root
from mmengine.registry import Registry, build_from_cfg

# Where our classes are, below this package: one line for each new class.
_PLACES = {
    'MODELS': {
        'CodebookNet': 'models.adacode.codebook_net',
        'ImageCodebookNet': 'models.adacode.image_codebook_net',
        'FidelityDecoder': 'models.backbones.fidelity_decoder',
        'MultiScaleDecoder': 'models.backbones.multi_scale_decoder',
        'MultiScaleEncoder': 'models.backbones.multi_scale_encoder',
        'PlainNet': 'models.backbones.plain_net',
        'WeightPredictor': 'models.backbones.weight_predictor',
        'CodebookEditor': 'models.editors.codebook_editor',
        'ComparedEditors': 'models.editors.compared_editors',
        'CodelessNet': 'models.foreign.codeless_net',
        'InfoNCELoss': 'models.losses.info_nce_loss',
        'LPIPSLoss': 'models.losses.lpips_loss',
        'NegativePSNRLoss': 'models.losses.psnr_loss',
        'PriorMatchLoss': 'models.losses.prior_match_loss',
        'SemanticLoss': 'models.losses.semantic_loss',
        'STLPIPSLoss': 'models.losses.st_lpips_loss',
        'VGGLoss': 'models.losses.vgg_loss',
        'VQLoss': 'models.losses.vq_loss',
        'MultiScaleQuantizer': 'models.quantizers.multi_scale_quantizer',
        'VectorQuantizer': 'models.quantizers.vector_quantizer',
        'LatentLoss': 'models.varformer.losses',
        'MultiScaleVQVAE': 'models.varformer.vqvae',
        'TokenLoss': 'models.varformer.losses',
        'VAR': 'models.varformer.var',
        'VARPrior': 'models.varformer.prior_network',
        'VarFormerNet': 'models.varformer.varformer_net',
    },
    'TRANSFORMS': {
        'BSRGANDegradation': 'data.transforms.bsrgan_degradation',
        'BSRGANPlus': 'data.transforms.bsrgan_degradation',
        'BicubicDownsample': 'data.transforms.bicubic_downsample',
        'BoxMask': 'data.transforms.box_mask',
        'BrushStrokeMask': 'data.transforms.brush_stroke_mask',
        'LoadImageFile': 'data.transforms.load_image_file',
        'LoadMaskFile': 'data.transforms.load_mask_file',
        'PairedRandomResizedCrop': (
            'data.transforms.paired_random_resized_crop'
        ),
        'RandomMask': 'data.transforms.random_mask',
        'TaskDegradation': 'data.transforms.task_degradation',
    },
    'DATASETS': {
        'RestorationDataset': 'data.restoration_dataset',
        'SeededDataset': 'data.seeded_dataset',
    },
    'DATA_SAMPLERS': {'ResumableSampler': 'data.resumable_sampler'},
    'METRICS': {
        'HoleScore': 'evaluation.metrics.hole_score',
        'IQAScore': 'evaluation.metrics.iqa_score',
        'LPIPS': 'evaluation.metrics.lpips',
        'ProtocolPSNR': 'evaluation.metrics.protocol_scores',
        'ProtocolSSIM': 'evaluation.metrics.protocol_scores',
        'RestorationFID': 'evaluation.metrics.restoration_fid',
        'RestorationNIQE': 'evaluation.metrics.restoration_niqe',
        'STLPIPS': 'evaluation.metrics.lpips',
    },
    'HOOKS': {
        'BestCheckpointHook': 'training.hooks.best_checkpoint_hook',
        'CodebookPictureHook': 'training.hooks.codebook_picture_hook',
        'CodebookUsageHook': 'training.hooks.codebook_usage_hook',
        'CodebookWarmUpHook': 'training.hooks.codebook_warm_up_hook',
        'FiniteLossHook': 'training.hooks.finite_loss_hook',
        'FitPreQuantsHook': 'training.hooks.fit_pre_quants_hook',
        'RestorationPictureHook': 'training.hooks.restoration_picture_hook',
        'ResumableCheckpointHook': 'training.hooks.resumable_checkpoint_hook',
        'ReviveCodesHook': 'training.hooks.revive_codes_hook',
    },
    'VISBACKENDS': {'TensorBoardBackend': 'training.tensorboard_backend'},
    'LOOPS': {'ResumableTrainLoop': 'training.resumable_train_loop'},
    'LOG_PROCESSORS': {
        'TrainingLogProcessor': 'training.training_log_processor'
    },
    'OPTIM_WRAPPERS': {
        'AutocastOptimWrapper': 'training.optim.autocast_optim_wrapper'
    },
    'OPTIM_WRAPPER_CONSTRUCTORS': {
        'TrainedPartsConstructor': 'training.optim.trained_parts_constructor'
    },
    'WEIGHT_INITIALIZERS': {'PretrainedParts': 'checkpoints.pretrained_parts'},
}
KINDS = tuple(_PLACES)
_PACKAGE = 'adacode_mm'


class LazyRegistry(Registry):
    """A registry that imports the modules of its classes when asked.

    Args:
        kind: Name of the registry in MMEngine, for example 'MODELS'.
    """

    def __init__(self, kind: str):
        parent = getattr(_root, kind)
        super().__init__(
            parent.name,
            build_func=_build_model if kind == 'MODELS' else None,
            scope=_PACKAGE,
            parent=parent,
        )
        self._kind = kind

    @property
    def names(self) -> list[str]:
        """Names of all our classes of this kind, imported or not."""
        return sorted({*_PLACES[self._kind], *self._module_dict})

    def own(self, name: str):
        """Our class of that name, without prefix; None if there is none."""
        place = _PLACES[self._kind].get(name)
        if name not in self._module_dict and place is not None:
            import_module(f'{_PACKAGE}.{place}')
        return self._module_dict.get(name)

    def get(self, key: str):
        """Class registered as `key`: ours first, then MMagic's."""
        scope, name = self.split_scope_key(key)
        if scope not in (None, self._scope):
            return super().get(key)
        found = self.own(name)
        if found is None and find_spec('mmagic') is not None:
            host = import_module('mmagic.registry')
            found = getattr(host, self._kind).get(name)
        return super().get(key) if found is None else found

    def import_from_location(self) -> None:
        """Nothing: a class is imported when it is asked for."""


def _build_model(cfg, registry, default_args=None):
    # MMEngine's own function imports `mmengine.model`, which takes seconds,
    # for lists alone.
    if isinstance(cfg, list):
        return _root.MODELS.build_func(cfg, registry, default_args)
    return build_from_cfg(cfg, registry, default_args)


MODELS = LazyRegistry('MODELS')
TRANSFORMS = LazyRegistry('TRANSFORMS')
DATASETS = LazyRegistry('DATASETS')
DATA_SAMPLERS = LazyRegistry('DATA_SAMPLERS')
METRICS = LazyRegistry('METRICS')
HOOKS = LazyRegistry('HOOKS')
VISBACKENDS = LazyRegistry('VISBACKENDS')
LOOPS = LazyRegistry('LOOPS')
LOG_PROCESSORS = LazyRegistry('LOG_PROCESSORS')
OPTIM_WRAPPERS = LazyRegistry('OPTIM_WRAPPERS')
OPTIM_WRAPPER_CONSTRUCTORS = LazyRegistry('OPTIM_WRAPPER_CONSTRUCTORS')
WEIGHT_INITIALIZERS = LazyRegistry('WEIGHT_INITIALIZERS')
