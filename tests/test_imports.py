"""Imports point one way, from the interfaces down to the layers."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = 'adacode_mm'

# What every room may import.
EVERYWHERE = {'core', 'models.structures', 'registry', 'version'}

# From a room to the rooms it may import besides, and besides itself. The
# registry and `models.structures` are the only link between losses and
# networks.
SHARED = {'models.layers', 'models.backbones', 'models.quantizers'}
# What a family says, and the defaults.
FAMILY = {
    'models.family',
    'models.measured_memory',
    'models.plain_graph',
    'models.traits',
}
ROOMS = {
    'core': set(),
    'version': set(),
    'registry': set(),
    'hosts': {'checkpoints', 'images', 'restoring'},
    'models.structures': set(),
    'models.traits': set(),
    'models.plain_graph': {'models.traits'},
    'models.measured_memory': {'models.traits'},
    'models.family': FAMILY - {'models.family'},
    'work': {'images'},
    'images': set(),
    'views': set(),
    'models.layers': set(),
    'models.quantizers': {'models.layers'},
    'models.backbones': {'models.layers'},
    'models.adacode': SHARED | FAMILY | {'checkpoints'},
    'models.varformer': SHARED | FAMILY | {'checkpoints'},
    'models.foreign': FAMILY | {'checkpoints', 'models.layers'},
    'models.losses': {'models.layers'},
    'data': {'work', 'images'},
    'data.labelling': {'work', 'checkpoints', 'data', 'views'},
    'evaluation': {'models.losses', 'images'},
    'checkpoints': FAMILY | {'models.layers'},
    'models.editors': {
        'checkpoints',
        'models.family',
        'models.layers',
        'models.losses',
        'models.traits',
    },
    'restoring': FAMILY | {'checkpoints', 'images', 'models.layers'},
    'video': {'work'},
    'training': {
        'checkpoints',
        'data',
        'evaluation',
        'models.adacode',
        'models.editors',
        'models.layers',
        'views',
    },
    'apis': {'restoring', 'training'},
    'export': FAMILY,
    'web': {
        'apis',
        'checkpoints',
        'images',
        'models.adacode',
        'models.family',
        'models.traits',
        'restoring',
        'views',
    },
    'cli': {
        'apis',
        'checkpoints',
        'data',
        'evaluation',
        'export',
        'images',
        'models.adacode',
        'models.family',
        'models.traits',
        'restoring',
        'video',
        'views',
        'web',
        'work',
    },
}
FILES = sorted((ROOT / PACKAGE).rglob('*.py'))
# What gathers the rooms.
FACADES = {'', '__main__', 'models'}


def room_of(module):
    """Longest room that a dotted module inside the package lies in."""
    parts = module.split('.') if module else []
    for end in (2, 1):
        name = '.'.join(parts[:end])
        if name in ROOMS:
            return name
    return ''  # a facade


def module_of(path):
    """Dotted name inside the package: '' for the package itself."""
    parts = path.relative_to(ROOT / PACKAGE).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def imported_modules(path):
    """Every module inside the package that a file imports, with the line."""
    folder = [PACKAGE, *path.relative_to(ROOT / PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            up = folder[: len(folder) - node.level + 1] if node.level else []
            base = '.'.join([*up, *([node.module] if node.module else [])])
            # an imported name may be a module
            names = [f'{base}.{alias.name}' for alias in node.names]
        else:
            continue
        for name in names:
            top, _, module = name.partition('.')
            if top == PACKAGE:
                yield module, node.lineno


def test_every_room_is_listed():
    rooms = {room_of(module_of(path)) or module_of(path) for path in FILES}
    assert rooms - FACADES <= set(ROOMS), 'say what the new room may import'


@pytest.mark.parametrize('path', FILES, ids=module_of)
def test_imports_point_one_way(path):
    own = room_of(module_of(path))
    if not own:
        return
    allowed = ROOMS[own] | {own}
    allowed |= EVERYWHERE - {own}
    for module, line in imported_modules(path):
        room = room_of(module)
        where = f'{path.relative_to(ROOT)}:{line}'
        assert room in allowed, f'{where}: {own} imports {room or module}'


def test_the_rooms_have_an_order():
    placed = set()
    while len(placed) < len(ROOMS):
        ready = {x for x in ROOMS if x not in placed and ROOMS[x] <= placed}
        assert ready, f'a circle among {set(ROOMS) - placed}'
        placed |= ready


def test_only_the_package_itself_imports_hosts():
    others = [path for path in FILES if room_of(module_of(path)) != 'hosts']
    importers = [
        path.relative_to(ROOT / PACKAGE).as_posix()
        for path in others
        if any(room_of(m) == 'hosts' for m, _ in imported_modules(path))
    ]
    assert importers == ['__init__.py']
