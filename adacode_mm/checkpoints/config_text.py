"""What the text of a training config says about its generator.

The runner keeps the config in its checkpoints, as Python source. It is read,
not run: only literals and `dict(...)` calls are understood.
"""

import ast

from adacode_mm.core.exceptions import CheckpointError

# Ours have 20 thousand characters.
_LONGEST = 2_000_000


def generator_config(text: str, source: str) -> dict | None:
    """Build config of the generator in the text of a training config.

    Args:
        text: Python source, as MMEngine's `Config.pretty_text` writes it.
        source: What to call the file in an error.

    Returns:
        `model.generator`, or None if the text sets no such thing.

    Raises:
        CheckpointError: If the text is no Python source, or computes the
            generator's config instead of stating it.
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError(f'{len(text)} characters')
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CheckpointError(
            f'The training config in {source} should be Python source, but it '
            f'cannot be read ({type(error).__name__}: {error}): give the '
            f'config yourself.'
        ) from error
    models = [
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and [getattr(target, 'id', '') for target in node.targets] == ['model']
    ]
    generator = _items(models[-1]).get('generator') if models else None
    if generator is None:
        return None
    try:
        value = _literal(generator)
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f'The config of the generator in {source} should be made of '
            f'numbers, strings, lists and dicts, but it has more ({error}), '
            f'which is not run: give the config yourself.'
        ) from error
    return value if isinstance(value, dict) else None


def _literal(node):
    if _is_dict_call(node):
        return {key: _literal(value) for key, value in _items(node).items()}
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise ValueError(f'a "**" in line {node.lineno}')
        keys = [ast.literal_eval(key) for key in node.keys]
        return dict(zip(keys, map(_literal, node.values), strict=True))
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(each) for each in node.elts]
    return ast.literal_eval(node)


def _is_dict_call(node):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == 'dict'
        and not node.args
        and all(keyword.arg for keyword in node.keywords)
    )


def _items(node) -> dict[str, ast.expr]:
    """Entries of `dict(a=...)` or `{'a': ...}`; none of anything else."""
    if _is_dict_call(node):
        return {keyword.arg: keyword.value for keyword in node.keywords}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {k.value: v for k, v in pairs if isinstance(k, ast.Constant)}
    return {}
