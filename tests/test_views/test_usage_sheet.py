import pytest
import torch

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.usage_sheet import usage_sheet

CAPTION = 20
RED = [200, 30, 30]


def test_codes_in_the_order_of_their_use():
    # Code n is of grey n / 10.
    patches = torch.arange(1, 6).view(5, 1, 1, 1).expand(5, 3, 4, 4) / 10
    counts = torch.tensor([3, 0, 7, 3, 0])
    sheet = usage_sheet(patches, counts, 'x', columns=3)[CAPTION:]
    assert sheet.shape[0] == 2 + 2 * 6
    found = [
        sheet[4 + 6 * (n // 3), 4 + 6 * (n % 3)].tolist() for n in range(5)
    ]
    # 30 % of the brightness for those that were not used.
    levels = [0.3, 0.1, 0.4, 0.3 * 0.2, 0.3 * 0.5]
    for pixel, level in zip(found, levels, strict=True):
        assert abs(pixel[0] - 255 * level) <= 1 and len(set(pixel)) == 1
    # Frames around the fourth and fifth, in the gap around the patch.
    for left in (1, 7):
        assert sheet[7, left : left + 6].tolist() == [RED] * 6
        assert sheet[12, left : left + 6].tolist() == [RED] * 6
        assert sheet[7:13, left].tolist() == [RED] * 6
        assert sheet[7:13, left + 5].tolist() == [RED] * 6
    assert not (sheet[:7] == RED).all(-1).any()
    assert patches.max() == 0.5  # the input is left as it was


def test_counts_must_fit():
    with pytest.raises(InputError, match='one count for each of 2 patches'):
        usage_sheet(torch.zeros(2, 3, 4, 4), torch.zeros(3), 'x')
