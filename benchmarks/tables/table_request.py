"""What a table is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import image_size, size_of_pair

from .degraded_inputs import InputOptions
from .eval_sets import EvalSet, find_set, find_sets, first
from .network_model import RestorerModel
from .parse_model import parse_model
from .result_folder import ResultFolder
from .table_model import TableModel


@dataclass(frozen=True)
class TableRequest:
    """A table.

    Args:
        kind: 'sr', 'reconstruct', 'inpaint' or 'ablation'.
        data: Folder of test sets.
        models: As on the command line, in the order of the rows.
        out: Where everything is written.
        inputs: How the models' inputs are made.
        sets: Names of sets; all that are there if there is none.
        protocols: How PSNR and SSIM are measured.
        metrics: Other scores.
        limit: Only the first images of each set, for a quick look.
        pictures: How many images of each set are shown side by side.
        fresh: Nothing that was computed before is used.
        restorer_options: For `Restorer`.
        command: The command line, for the record.
        record: Folder that gets the JSON, too, besides `out`.
        save_inputs: Whether the inputs are written to `out/inputs`.

    Raises:
        InputError: If a number is out of its range.
    """

    kind: str
    data: Path
    models: Sequence[str]
    out: Path
    inputs: InputOptions
    sets: Sequence[str] = ()
    protocols: Sequence[str] = ('bt601',)
    metrics: Sequence[str] = ()
    limit: int | None = None
    pictures: int = 0
    fresh: bool = False
    restorer_options: dict[str, Any] = field(default_factory=dict)
    command: str = ''
    record: Path | None = None
    save_inputs: bool = False

    def __post_init__(self):
        numbers = (
            ('--limit', self.limit, 1),
            ('--pictures', self.pictures, 0),
            ('--seed', self.inputs.seed, 0),
        )
        for name, number, least in numbers:
            if number is not None and number < least:
                raise InputError(
                    f'{name} must be at least {least}, got {number}.'
                )
        low, high = self.inputs.brush_width
        if not 1 <= low < high:
            raise InputError(
                f'--brush-width must be two numbers, the first at least 1 and '
                f'below the second, got {low} {high}.'
            )

    @property
    def name(self) -> str:
        """Of the files that are written."""
        inputs = self.inputs
        if self.kind == 'sr':
            name = f'sr_x{inputs.scale}_{inputs.source}'
        elif self.kind == 'inpaint':
            name = f'inpaint_{inputs.source}'
        else:
            name = self.kind
        return name if self.limit is None else f'{name}_first{self.limit}'


def requested_sets(request: TableRequest) -> list[EvalSet]:
    """The sets of a table, whose pairs fit.

    Raises:
        InputError: If a set, an image or a given input is missing, or sizes
            do not fit.
    """
    inputs = request.inputs
    sets = []
    for name, folder in find_sets(request.data, request.sets):
        found = find_set(name, folder, inputs.scale, inputs.given_folder)
        found = found._replace(images=found.images[: request.limit])
        _check_sizes(found, inputs.scale)
        sets.append(found)
    return sets


def requested_models(
    request: TableRequest, sets: Sequence[EvalSet]
) -> list[TableModel]:
    """The models of a table, each of which can be run on the sets.

    Raises:
        InputError: If there is none, one cannot be run, two have the same
            label, or results of a folder do not fit.
    """
    models = [
        parse_model(text, request.inputs, request.restorer_options)
        for text in request.models
    ]
    labels = [model.label for model in models]
    twice = sorted({x for x in labels if labels.count(x) > 1})
    if twice or not models:
        raise InputError(
            f'A table needs models with different labels, got '
            f'{", ".join(labels) or "none"}: name them --model LABEL=SPEC.'
        )
    for model in models:
        if request.kind == 'ablation' and not isinstance(model, RestorerModel):
            raise InputError(
                f'The ablation counts the codebooks of networks, but '
                f'{model.label} is a {model.kind}: leave it out.'
            )
        model.check()
        if isinstance(model, ResultFolder):
            for each in sets:
                model.check_set(each)
    if request.kind == 'ablation':
        models.sort(key=lambda each: len(each.details()['codebooks']))
    return models


def _check_sizes(found, scale):
    unfit = []
    for image in found.images:
        height, width = image_size(image.truth)
        if min(height, width) < scale:
            raise InputError(
                f'{image.truth} must have at least {scale} pixels in each '
                f'direction, got {width}x{height}: leave it out.'
            )
        if image.given is None:
            continue
        given = image_size(image.given)
        if given != (height // scale, width // scale):
            unfit.append(
                f'{image.name} has {size_of_pair(given)} for '
                f'{size_of_pair((height, width))}'
            )
    if unfit:
        raise InputError(
            f'The given images of {found.name} must be 1/{scale} as large as '
            f'the ground truth, but {first(unfit)}.'
        )
