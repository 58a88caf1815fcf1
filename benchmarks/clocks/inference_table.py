"""A record of the inference benchmark as lines for people."""

from .part_clock import PARTS


def inference_table(record: dict) -> str:
    """Time, speed, share of the peak and memory of each part."""
    height, width = record['size']
    ways = record['ways']
    lines = [
        f'{record["config"]}: {width}x{height}, {record["gflop"]["all"]:.0f} '
        f'GFLOP as the release computes it',
        f'{record["machine"]} ({record["device"]}), {record["threads"]} '
        f'threads, torch {record["torch"]}, load {record["load_average"][0]}',
    ]
    for name, way in ways.items():
        lines += ['', *_one(name, way, record['gflop'])]
    first, *others = ways
    if others:
        lines.append('')
    lines += [_comparison(x, ways[x], first, ways[first]) for x in others]
    return '\n'.join(lines)


def _one(name, way, gflop):
    peak = way['peak_gflops']
    lines = [
        f'{name + f" (peak {peak:.0f} GFLOP/s)":<36}'
        f'{"seconds":>9}{"GFLOP/s":>9}{"of peak":>9}{"peak MiB":>10}'
    ]
    parts = way['parts']
    rows = [(part, parts[part]) for part in PARTS if part in parts]
    rows += [('other', parts['other']), ('all', way['wall_seconds'])]
    for part, seconds in rows:
        line = f'  {part:<34}{seconds:>9.3f}'
        if part in gflop:
            speed = gflop[part] / seconds
            line += f'{speed:>9.0f}{speed / peak:>9.0%}'
            line += f'{way["peak_mib"][part]:>10.0f}'
        lines.append(line)
    return [*lines, f'  {"all, CPU time":<34}{way["cpu_seconds"]:>9.3f}']


def _comparison(name, way, first, base):
    psnr = 'equal' if way['psnr'] is None else f'{way["psnr"]:.1f} dB'
    wall = base['wall_seconds'] / way['wall_seconds']
    cpu = base['cpu_seconds'] / way['cpu_seconds']
    return (
        f'{name}: {wall:.2f} times as fast as {first} by the wall clock, '
        f'{cpu:.2f} times by CPU time; relative error '
        f'{way["relative_error"]:.1e}, PSNR {psnr}, '
        f'{way["equal_indices"]:.2%} of the codes equal.'
    )
