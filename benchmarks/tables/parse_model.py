"""The models of a table, as they are named on the command line.

`[LABEL=]SPEC`, where SPEC is

- a classical baseline: `bicubic`, `telea`, ...;
- `folder:PATH`: result images of any method, `{set}` and `{scale}` in the
  path are filled in;
- `CONFIG.py::WEIGHTS`: a model of MMagic; a config that MMagic brings along
  is `mmagic::swinir/....py`;
- anything else: what `Restorer.from_pretrained` takes.
"""

from pathlib import Path
from typing import Any

from adacode_mm.checkpoints.pretrained import PRETRAINED
from adacode_mm.core.exceptions import CheckpointError, InputError

from .classical_baselines import BASELINES, Baseline
from .degraded_inputs import InputOptions
from .mmagic_model import MMagicModel
from .network_model import RestorerModel
from .result_folder import ResultFolder
from .table_model import TableModel

FOLDER = 'folder:'


def parse_model(
    text: str, options: InputOptions, restorer_options: dict[str, Any]
) -> TableModel:
    """The model that `[LABEL=]SPEC` names.

    Args:
        text: As on the command line.
        options: What the inputs of the table are.
        restorer_options: For `Restorer`, such as `device`.

    Raises:
        InputError: If it is none of what the module's description lists.
    """
    label, given, spec = text.partition('=')
    if not given or '/' in label or '::' in label or ':' in label:
        label, spec = '', text
    if not spec:
        raise InputError(
            f'A model must be given as LABEL=SPEC or SPEC, got {text!r}.'
        )
    baselines = BASELINES[options.task]
    if spec in baselines:
        return Baseline(label or spec, spec, options)
    if spec.startswith(FOLDER):
        folder = spec.removeprefix(FOLDER)
        return ResultFolder(label or Path(folder).name, folder, options)
    if '::' in spec:
        config, _, weights = spec.rpartition('::')
        return MMagicModel(
            label or Path(config).stem,
            (config, weights),
            options,
            restorer_options.get('device', 'auto'),
            restorer_options.get('composite', True),
        )
    if spec not in PRETRAINED and not Path(spec).expanduser().exists():
        raise CheckpointError(
            f'A model must be a baseline ({", ".join(baselines) or "none"}), '
            f'a published name ({", ".join(PRETRAINED)}), a file of weights, '
            f'folder:PATH or CONFIG.py::WEIGHTS, got {spec!r}: check the path.'
        )
    label = label or (spec if spec in PRETRAINED else Path(spec).stem)
    return RestorerModel(label, spec, options, restorer_options)
