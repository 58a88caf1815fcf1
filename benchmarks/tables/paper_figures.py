"""What the paper reports, to stand beside what is measured here.

Liu et al., "Learning Image-Adaptive Codebooks for Class-Agnostic Image
Restoration" (AdaCode), ICCV 2023, tables 1 to 3.
"""

from typing import NamedTuple

# The evaluation script released with the code measures so; that the tables
# come from it is likely, but stated nowhere.
PROTOCOL = 'paper'
_LR = 'its low-resolution images are not stated'
_MASKS = 'on 512 px patches, with masks that are not published'


class PaperRow(NamedTuple):
    """One row of one of the paper's tables.

    Attributes:
        table: Its number.
        task: 'sr', 'inpaint' or 'reconstruct'.
        scale: Of super-resolution, else 1.
        sets: What the set may be called.
        method: As the paper calls it.
        scores: Metric -> value.
        note: What is not known to be as here.
    """

    table: int
    task: str
    scale: int
    sets: tuple[str, ...]
    method: str
    scores: dict[str, float]
    note: str


def _table_2(scale, rows):
    return [
        PaperRow(
            2,
            'sr',
            scale,
            (name,),
            'AdaCode',
            dict(zip(('PSNR', 'SSIM', 'LPIPS'), scores, strict=True)),
            _LR,
        )
        for name, scores in rows.items()
    ]


def _table_1(method, psnr, ssim):
    scores = {'PSNR': psnr, 'SSIM': ssim}
    note = 'images of the OST set that are not listed'
    sets = ('OST300', 'OST')
    return PaperRow(1, 'reconstruct', 1, sets, method, scores, note)


def _table_3(name, scores):
    return PaperRow(3, 'inpaint', 1, (name,), 'AdaCode', scores, _MASKS)


PAPER_ROWS = [
    _table_1('VQGAN', 21.3557, 0.5664),
    _table_1('VQGAN-aux', 21.9219, 0.6030),
    _table_1('AdaCode', 25.7629, 0.7705),
    *_table_2(
        4,
        {
            'Set5': (25.868, 0.7731, 0.1505),
            'Set14': (24.158, 0.6662, 0.2031),
            'BSD100': (23.129, 0.6041, 0.2485),
            'Urban100': (21.446, 0.6568, 0.2007),
            'Manga109': (18.145, 0.5664, 0.3425),
        },
    ),
    *_table_2(
        2,
        {
            'Set5': (29.213, 0.8444, 0.0844),
            'Set14': (26.249, 0.7702, 0.1179),
            'BSD100': (26.038, 0.7529, 0.1374),
            'Urban100': (23.663, 0.7894, 0.1009),
            'Manga109': (22.023, 0.7029, 0.2150),
        },
    ),
    _table_3('DIV2K', {'PSNR': 30.1151, 'LPIPS': 0.0516}),
    _table_3('DIV8K', {'PSNR': 32.701, 'LPIPS': 0.0372}),
]


def paper_rows(
    task: str, scale: int, set_name: str, count: int, known: dict[str, int]
) -> list[PaperRow]:
    """The paper's rows for a set, if it is that set.

    Args:
        task: Of the table.
        scale: Of super-resolution, else 1.
        set_name: Of the set.
        count: How many images were measured.
        known: Set -> how many it has; fewer are another set.
    """
    if count != known.get(set_name, count):
        return []
    return [
        row
        for row in PAPER_ROWS
        if (row.task, row.scale) == (task, scale) and set_name in row.sets
    ]
