import math

import pytest
import torch

import adacode_mm  # noqa: F401
from adacode_mm.models.adacode.code_usage import code_usage


def test_usage_by_hand():
    usage = code_usage(torch.tensor([2, 0, 1, 1]))
    assert usage.perplexity == pytest.approx(math.exp(1.5 * math.log(2)))
    assert usage.used == 3 and usage.dead == 0.25


def test_one_and_all():
    assert code_usage(torch.tensor([0, 9])).perplexity == pytest.approx(1)
    assert code_usage(torch.full((7,), 3)).perplexity == pytest.approx(7)


def test_no_use():
    assert code_usage(torch.zeros(4)) == (1.0, 0, 1.0)
