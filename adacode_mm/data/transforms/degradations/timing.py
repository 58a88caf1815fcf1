"""CPU time of the degradations, step by step, on one core."""

import time
from collections import defaultdict

import cv2
import numpy as np
from tqdm import tqdm

from .bsrgan import draw_bsrgan
from .bsrgan_plus import draw_bsrgan_plus
from .plain_steps import apply_plainly

DRAW = {'bsrgan': draw_bsrgan, 'bsrgan_plus': draw_bsrgan_plus}


def time_steps(
    images: list[np.ndarray],
    scale: int,
    num_samples: int,
    chain: str = 'bsrgan',
    against_reference: bool = False,
) -> dict:
    """Measure CPU time on one core, step by step.

    Args:
        images: float32 RGB (H, W, 3) in [0, 1], taken in turn; H and W are
            multiples of `scale`.
        scale: Downsampling factor.
        num_samples: Sample n is degraded with seed n.
        chain: 'bsrgan' or 'bsrgan_plus'.
        against_reference: Do every step a second time as the release does
            (see `plain_steps.py`), in turn, so that both are measured on the
            same machine in the same minute.

    Returns:
        `this`, and `reference`: `mean_ms`, `median_ms` and `max_ms` of a
        sample, and under `steps` how often a step took place (`calls`), its
        `ms` per sample, in which samples without it count as 0, and its
        `share`. `factor`: the reference's mean over ours.
    """
    runs = {'this': lambda step, image, rng: step(image, rng)}
    if against_reference:
        runs['reference'] = apply_plainly
    clocks = {name: [] for name in runs}
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for n in tqdm(
            range(-1, num_samples), desc='samples', leave=False, disable=None
        ):
            image = images[n % len(images)]
            for name, run in runs.items():
                rng = np.random.default_rng(abs(n))
                clock = _time_sample(image, scale, rng, DRAW[chain], run)
                clocks[name].append(clock)
    finally:
        cv2.setNumThreads(threads)
    # The first sample warms up.
    result = {name: _statistics(times[1:]) for name, times in clocks.items()}
    if against_reference:
        ours, theirs = (result[name]['mean_ms'] for name in runs)
        result['factor'] = theirs / ours
    return result


def table_of(result: dict) -> str:
    """What :func:`time_steps` gives, as text."""
    lines = []
    for name in ('this', 'reference'):
        if name not in result:
            continue
        clock = result[name]
        lines.append(
            f'{name:<10} mean {clock["mean_ms"]:7.3f} ms   median '
            f'{clock["median_ms"]:7.3f} ms   max {clock["max_ms"]:7.3f} ms'
        )
    if 'factor' in result:
        lines.append(f'factor     {result["factor"]:.1f} (of the means)')
    reference = result.get('reference', {}).get('steps', {})
    lines.append(
        f'{"step":<24}{"calls":>6}{"ms/sample":>11}{"share":>7}'
        + (f'{"reference":>11}' if reference else '')
    )
    for name, step in result['this']['steps'].items():
        line = (
            f'{name:<24}{step["calls"]:>6}{step["ms"]:>11.3f}'
            f'{step["share"]:>7.1%}'
        )
        if reference:
            line += f'{reference[name]["ms"]:>11.3f}'
        lines.append(line)
    return '\n'.join(lines)


def _time_sample(image, scale, rng, draw, run):
    """Seconds of each call, as pairs (name, seconds)."""
    calls = []
    start = time.process_time()
    steps = draw(image.shape, scale, rng)
    calls.append(('draw', time.process_time() - start))
    for step in steps:
        start = time.process_time()
        image = run(step, image, rng)
        calls.append((type(step).__name__, time.process_time() - start))
    return calls


def _statistics(samples):
    totals = 1000 * np.array([sum(s for _, s in calls) for calls in samples])
    seconds, counts = defaultdict(float), defaultdict(int)
    for calls in samples:
        for name, duration in calls:
            seconds[name] += duration
            counts[name] += 1
    steps = {
        name: {
            'calls': counts[name],
            'ms': 1000 * seconds[name] / len(samples),
            'share': seconds[name] / max(sum(seconds.values()), 1e-9),
        }
        for name in sorted(seconds, key=seconds.get, reverse=True)
    }
    return {
        'mean_ms': float(totals.mean()),
        'median_ms': float(np.median(totals)),
        'max_ms': float(totals.max()),
        'steps': steps,
    }
