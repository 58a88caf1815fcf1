"""Input, every model's result and the truth, side by side."""

from collections.abc import Sequence

import cv2
import numpy as np

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.evaluation.eval_images import as_gray, in_color
from adacode_mm.views.contact_sheet import Tile, contact_sheet

from .degraded_inputs import read_sample
from .eval_sets import EvalSet
from .markdown_table import shown
from .restored_images import RestoredImages, file_name
from .table_model import TableModel
from .table_request import TableRequest

SIDE = 224  # of what is shown, in pixels of the ground truth


def write_sheets(
    request: TableRequest,
    sets: Sequence[EvalSet],
    models: Sequence[TableModel],
    restored: RestoredImages,
    record: dict,
) -> None:
    """Write a sheet for the first images of each set to `out/pictures`.

    Args:
        request: With how many, and where to.
        sets: Of the table, like the rest.
        models: In the order in which they are shown.
        restored: What they made.
        record: The table.
    """
    folder = request.out / 'pictures'
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for each in sets:
        for image in each.images[: request.pictures]:
            sample = read_sample(each.name, image, request.inputs)
            results = {
                model.label: restored.read(model, sample).pixels
                for model in models
            }
            sheet = comparison_sheet(
                sample, results, request.inputs.scale, record
            )
            name = f'{request.name}_{file_name(f"{each.name}_{image.name}")}'
            _, content = cv2.imencode('.png', sheet[..., ::-1])
            write_atomically(folder / f'{name}.png', content.tobytes())


def comparison_sheet(sample, results: dict, scale: int, record: dict):
    """The same part of all pictures, each with its first score below.

    Args:
        sample: Input and truth.
        results: Label -> uint8 result.
        scale: Of super-resolution, else 1.
        record: The table with the scores.

    Returns:
        uint8 RGB sheet; no pixel of the results is resized.
    """
    top, left, height, width = _part(sample, scale)
    cut = np.s_[top : top + height, left : left + width]
    small = np.s_[
        top // scale : (top + height) // scale,
        left // scale : (left + width) // scale,
    ]
    tiles = []
    if sample.input is not sample.truth:
        tiles.append(Tile(in_color(sample.input)[small], ['input']))
    column = record['columns'][0]
    for label, pixels in results.items():
        (row,) = [
            row
            for row in record['rows']
            if (row['set'], row['model']) == (sample.set_name, label)
        ]
        value = row['images'][sample.name].get(column['key'])
        score = f'{column["name"]} {shown(value, column["name"])}'
        tiles.append(Tile(in_color(pixels)[cut], [label, score]))
    tiles.append(Tile(in_color(sample.truth)[cut], ['ground truth']))
    columns = min(5, len(tiles))
    title = f'{sample.set_name} {sample.name}'
    return contact_sheet(
        tiles, title, columns=columns, size=width, height=height
    )


def _part(sample, scale):
    """The part with most detail, or with most of both hole and picture."""
    height, width = sample.truth.shape[:2]
    side = SIDE // scale * scale
    high, wide = (min(side, x // scale * scale) for x in (height, width))
    gray = as_gray(in_color(sample.truth))
    interest = np.abs(cv2.Laplacian(np.float32(gray), cv2.CV_32F))
    if sample.mask is not None:
        edges = cv2.Laplacian(np.float32(sample.mask), cv2.CV_32F)
        interest = np.abs(edges)
    sums = cv2.integral(interest)
    step = max(scale, 16 // scale * scale)
    places = [
        (top, left)
        for top in range(0, height - high + 1, step)
        for left in range(0, width - wide + 1, step)
    ]
    top, left = max(
        places,
        key=lambda at: (
            sums[at[0] + high, at[1] + wide]
            - sums[at[0], at[1] + wide]
            - sums[at[0] + high, at[1]]
            + sums[at[0], at[1]]
        ),
    )
    return top, left, high, wide
