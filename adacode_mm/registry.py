"""How our modules reach MMEngine's registries.

Every registry below is a child of MMEngine's root with scope `adacode_mm`, so
`type='adacode_mm.X'` is found from any OpenMMLab package without a
`custom_imports` (MMEngine imports this very module by the scope's name).
Registered classes are mirrored into MMagic's registry of the same kind, so
`type='X'` is found from MMagic's scope as well, unless MMagic already has
that name: then only the prefixed name is ours.
"""

from mmagic import registry as _mmagic
from mmengine import registry as _root
from mmengine.registry import Registry


class DualRegistry(Registry):
    """A registry of ours that is mirrored into one of MMagic's.

    Args:
        mirror: MMagic's registry of the same kind; names that are missing
            here are looked up there, too.
        *args: As for :class:`mmengine.registry.Registry`.
        **kwargs: As for :class:`mmengine.registry.Registry`.
    """

    def __init__(self, *args, mirror: Registry, **kwargs):
        super().__init__(*args, **kwargs)
        self._mirror = mirror

    def _register_module(self, module, module_name=None, force=False):
        names = module_name or module.__name__
        names = [names] if isinstance(names, str) else names
        before = {name: self._module_dict.get(name) for name in names}
        super()._register_module(module, module_name, force)
        for name, replaced in before.items():
            # `get` first: it makes MMagic import its own modules, so that a
            # clash is seen here and not later inside MMagic.
            theirs = self._mirror.get(name)
            if theirs is None or theirs is replaced:
                self._mirror._register_module(module, name, force)

    def get(self, key):
        """Class registered as `key`: ours first, then MMagic's."""
        scope, name = self.split_scope_key(key)
        own = scope in (None, self._scope)
        if own:
            self.import_from_location()
            if name in self._module_dict:
                return self._module_dict[name]
            found = self._mirror.get(name)
            if found is not None:
                return found
        return super().get(key)


def _dual(name, locations):
    parent, mirror = getattr(_root, name), getattr(_mmagic, name)
    return DualRegistry(
        parent.name,
        scope='adacode_mm',
        parent=parent,
        locations=locations,
        mirror=mirror,
    )


MODELS = _dual('MODELS', ['adacode_mm.models'])
TRANSFORMS = _dual('TRANSFORMS', ['adacode_mm.data.transforms'])
DATASETS = _dual('DATASETS', ['adacode_mm.data'])
DATA_SAMPLERS = _dual('DATA_SAMPLERS', ['adacode_mm.data'])
METRICS = _dual('METRICS', ['adacode_mm.evaluation'])
HOOKS = _dual('HOOKS', ['adacode_mm.training'])
VISBACKENDS = _dual('VISBACKENDS', ['adacode_mm.training'])
LOOPS = _dual('LOOPS', ['adacode_mm.training'])
LOG_PROCESSORS = _dual('LOG_PROCESSORS', ['adacode_mm.training'])
OPTIM_WRAPPERS = _dual('OPTIM_WRAPPERS', ['adacode_mm.training'])
OPTIM_WRAPPER_CONSTRUCTORS = _dual(
    'OPTIM_WRAPPER_CONSTRUCTORS', ['adacode_mm.training']
)
WEIGHT_INITIALIZERS = _dual('WEIGHT_INITIALIZERS', ['adacode_mm.checkpoints'])
