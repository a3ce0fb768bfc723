"""The signatures as the vendor's reference prints them, for what has to be the same here."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CONSTRUCTOR = (
    "CustomTask(custom_task_id: Optional[str] = None, name: Optional[str] = None, "
    "image_id: Optional[str] = None, entrypoint_path: Optional[str] = None, framework: Optional[str] = None, "
    "resource_group_id: Optional[str] = None, task_role_specs: Optional[list] = None, "
    "active_deadline_seconds: int = 432000, tags: Optional[list] = None, enable_tensorboard: bool = False, "
    "code_source: Optional[str] = None, code_ori_path: Optional[str] = None, "
    "tos_code_path: Optional[str] = None, local_code_path: Optional[str] = None, "
    "envs: Optional[list] = None, args: Optional[str] = None, storages: Optional[list] = None, "
    "tensor_board_path: Optional[str] = None, description: Optional[str] = None, ak: Optional[str] = None, "
    "sk: Optional[str] = None, sidecar_memory_ratio: Optional[float] = None, cache_type: str = 'Cloudfs', "
    "sidecar_image: Optional[str] = None, sidecar_resource_cpu: Optional[float] = None, "
    "sidecar_resource_memory: Optional[float] = None)"
)
LIST = (
    "list(task_name: Optional[str] = None, task_filter: Optional[str] = None, task_id: Optional[str] = None, "
    "resource_group_id: Optional[str] = None, creator_user_ids: Optional[list] = None, "
    "states: Optional[list] = None, tags: Optional[list] = None, offset=0, limit=10, sort_by='Id', "
    "sort_order='Descend')"
)
LIST_INSTANCES = "list_instances(offset=0, limit=10, sort_by='Id', sort_order='Descend')"
WITHOUT_ARGUMENTS = ("cancel()", "get()", "delete()", "submit()")


def parameters(printed: str) -> dict[str, object]:
    """The names and the defaults, in order, of a printed signature."""
    (function,) = ast.parse(f"def {printed}: ...").body
    assert isinstance(function, ast.FunctionDef)
    names = [argument.arg for argument in function.args.args]
    return dict(zip(names, map(ast.literal_eval, function.args.defaults), strict=True))


def with_required(printed: str) -> dict[str, object]:
    """The same for a signature with required parameters, whose default is `inspect`'s sign for none."""
    (function,) = ast.parse(f"def {printed}: ...").body
    assert isinstance(function, ast.FunctionDef)
    names = [argument.arg for argument in function.args.args]
    defaults = list(map(ast.literal_eval, function.args.defaults))
    required = [inspect.Parameter.empty] * (len(names) - len(defaults))
    return dict(zip(names, [*required, *defaults], strict=True))


def accepted(function: Callable[..., object]) -> dict[str, object]:
    """The names and the defaults, in order, of what a function takes by position."""
    taken = inspect.signature(function).parameters.values()
    return {one.name: one.default for one in taken if one.kind is one.POSITIONAL_OR_KEYWORD}
