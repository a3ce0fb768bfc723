"""`CustomTask`: the vendor SDK's class, with the same parameters, methods and shapes.

It only translates: the client sends, retries and raises.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from jobspec.cloud.answers.wire import read_created
from jobspec.errors import UsageError
from jobspec.sdk import arguments
from jobspec.sdk.account import ClientOfEnvironment
from jobspec.sdk.pages import PageWindow, every_task, instance_page, task_page
from jobspec.sdk.requests import CREATE, create_request
from jobspec.sdk.shapes import InstancePage, Json, Submission, TaskPage
from jobspec.sdk.waiting import until_finished

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jobspec.cloud.client import PlatformClient

    # Inside the class, `list` is its method.
    Jsons = list[Json]


class CustomTask:
    """A task on the platform: a new one described by its parameters, or an existing one with its id.

    Args:
        custom_task_id: Id of an existing task, such as `t-20260131010203-abcde`; `submit` sets it. Required
            by every method except `submit`, `list` and `list_all`. Default: None.
        name: Name of the task: 1 to 200 CJK characters, letters, digits, `_` or `-`; need not be unique.
            Required by `submit`.
        image_id: Id of the image, such as `ml_platform/pytorch:1.7`. Required by `submit`.
        entrypoint_path: Shell command that every replica runs; may have several lines. Required by `submit`.
        framework: Framework that the replicas are set up for: `TensorFlowPS`, `PyTorchDDP`, `BytePS`,
            `Horovod`, `MPI`, `MXNet`, `PyTorch` or `Custom`. Required by `submit`; optional on the local
            platform.
        resource_group_id: Id of the resource group to run in, such as `default`. Required by `submit`;
            optional on the local platform.
        task_role_specs: Roles, each `{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId":
            "ml.g1e.large"}`: its name, the number of replicas, and their flavor. Required by `submit`.
        active_deadline_seconds: Maximum run time of the task in seconds, without the time in the queue;
            0 means no limit. Default: 432000, which is 120 hours.
        tags: Tags, each a plain string, such as `["team-vision", "baseline"]`. Default: None.
        enable_tensorboard: Whether to start a TensorBoard for the task. Default: False.
        code_source: Where the code comes from: `""` (nowhere), `WebIDE` or `Local`. Default: None.
        code_ori_path: Path of the code at its source; required if `code_source` is set. Default: None.
        tos_code_path: Path in the object storage that the code was uploaded to. Default: None.
        local_code_path: Path of the code in the container. Default: None.
        envs: Environment variables, each `{"Name": "LR", "Value": "0.1"}`, with `"IsPrivate": True` for a
            value that only its creator may see. A plain `{"LR": "0.1"}` is accepted too. Default: None.
        args: Appended to `entrypoint_path` after a space. Default: None.
        storages: Storages to mount, each `{"Type": "Tos", "MountPath": "/data", "Bucket": "b"}` and the other
            fields of its type. Types: `Tos`, `Nas`, `Vepfs` and `Sfcs`. Default: None.
        tensor_board_path: Path of the event files for the TensorBoard. Default: None.
        description: Description of the task; at most 500 characters. Default: None.
        ak: Access key id to mount the storages with; not sent without `sk`. It does not sign the calls.
            Default: None.
        sk: Secret access key to mount the storages with; not sent without `ak`. Default: None.
        sidecar_memory_ratio: Share of a replica's memory for the sidecar, between 0 and 1, both excluded.
            Default: None, which leaves it to the platform.
        cache_type: Cache for the storages: `Cloudfs` or `Gpfs`. Default: `Cloudfs`.
        sidecar_image: Image of the sidecar. Default: None, which leaves it to the platform.
        sidecar_resource_cpu: Cores for the sidecar. Default: None, which leaves it to the platform.
        sidecar_resource_memory: Memory for the sidecar, in GiB. Default: None, which leaves it to the
            platform.
        client: Client that this object uses; keyword-only. Default: the class's own `client`.

    Parameters that are None are not sent. Methods raise the errors of `jobspec.errors`, and `wait` also
    raises Python's own `TimeoutError`. Every error of the platform is a `PlatformError`, with its `api_code`,
    `action`, `request_id` and `status`.
    """

    client: PlatformClient = ClientOfEnvironment()  # type: ignore[assignment] # a descriptor that gives one
    """The client of the environment's account, created at its first use. Set another one on a subclass, on
    this class, or on one object; `use` sets one for a `with` block."""

    def __init__(  # noqa: PLR0913, PLR0917 - the signature of the vendor's class
        self,
        custom_task_id: str | None = None,
        name: str | None = None,
        image_id: str | None = None,
        entrypoint_path: str | None = None,
        framework: str | None = None,
        resource_group_id: str | None = None,
        task_role_specs: Sequence[Mapping[str, Any]] | None = None,
        active_deadline_seconds: int = 432000,
        tags: Sequence[str] | None = None,
        enable_tensorboard: bool = False,
        code_source: str | None = None,
        code_ori_path: str | None = None,
        tos_code_path: str | None = None,
        local_code_path: str | None = None,
        envs: Sequence[Mapping[str, Any]] | Mapping[str, str] | None = None,
        args: str | None = None,
        storages: Sequence[Mapping[str, Any]] | None = None,
        tensor_board_path: str | None = None,
        description: str | None = None,
        ak: str | None = None,
        sk: str | None = None,
        sidecar_memory_ratio: float | None = None,
        cache_type: str = "Cloudfs",
        sidecar_image: str | None = None,
        sidecar_resource_cpu: float | None = None,
        sidecar_resource_memory: float | None = None,
        *,
        client: PlatformClient | None = None,
    ) -> None:
        self.custom_task_id = custom_task_id
        self.order_number: str | None = None
        self.order_id: str | None = None
        self.name = name
        self.image_id = image_id
        self.entrypoint_path = entrypoint_path
        self.framework = framework
        self.resource_group_id = resource_group_id
        self.task_role_specs = task_role_specs
        self.active_deadline_seconds = active_deadline_seconds
        self.tags = tags
        self.enable_tensorboard = enable_tensorboard
        self.code_source = code_source
        self.code_ori_path = code_ori_path
        self.tos_code_path = tos_code_path
        self.local_code_path = local_code_path
        self.envs = envs
        self.args = args
        self.storages = storages
        self.tensor_board_path = tensor_board_path
        self.description = description
        self.ak = ak
        self.sk = sk
        self.sidecar_memory_ratio = sidecar_memory_ratio
        self.cache_type = cache_type
        self.sidecar_image = sidecar_image
        self.sidecar_resource_cpu = sidecar_resource_cpu
        self.sidecar_resource_memory = sidecar_resource_memory
        if client is not None:
            self.client = client

    def __repr__(self) -> str:
        """Return the id and the name only: other values may be secret."""
        own = vars(self)
        return (
            f"{type(self).__name__}(custom_task_id={own.get('custom_task_id')!r}, name={own.get('name')!r})"
        )

    @classmethod
    @contextmanager
    def use(cls, client: PlatformClient) -> Iterator[None]:
        """Make this class use `client` in a `with` block, in every thread.

        For two accounts at the same time, pass each object its `client`, or define a subclass for each.
        """
        before = vars(cls).get("client")
        cls.client = client
        try:
            yield
        finally:
            if before is None:
                del cls.client
            else:
                cls.client = before

    def submit(self) -> Submission:
        """Submit a new task, sending it once, and set its id; return `{"Id", "OrderNumber"}`.

        `NotSent`, `Throttled` and `Refused` mean that nothing was submitted; after `Unavailable` and
        `BadAnswer` the outcome is unknown: check for the task before submitting it again.
        """
        parameters = {name: self._own(name) for name in CREATE}
        result = self.client.call("CreateCustomTask", create_request(parameters))
        created = read_created(result, action="CreateCustomTask")
        self.custom_task_id = created.id
        self.order_number = self.order_id = created.order_number
        return cast("Submission", {**result, "Id": created.id, "OrderNumber": created.order_number})

    def cancel(self) -> None:
        """Request the end of the task. It has ended once `get` shows it; `wait` waits for that."""
        self.client.stop(self._id("cancel"))

    def get(self) -> Json:
        """Return the task as the platform has it now, in its own JSON. Raises `NotFound`."""
        return dict(self.client.get(self._id("get")).raw)

    def delete(self) -> None:
        """Delete the record of the ended task. Raises `NotInTerminalState` while it is active."""
        self.client.delete(self._id("delete"))

    def update(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Update the given fields of the task on the platform and of this object. Other fields cannot change.

        Args:
            name: New name, under the same rules as the parameter `name`. Default: None, which keeps it.
            description: New description, at most 500 characters. Default: None, which keeps it.
            tags: New tags; they replace all existing ones. Default: None, which keeps them.

        Raises `UnknownAction` if the platform does not offer the action, or `UsageError` if the tags are not
        a list.
        """
        given = {"name": name, "description": description, "tags": tags}
        changes = {parameter: value for parameter, value in given.items() if value is not None}
        if not changes:
            raise UsageError("there is nothing to update", help="pass `name`, `description` or `tags`")
        arguments.check(changes)
        self.client.update(self._id("update"), name=name, description=description, tags=tags)
        vars(self).update(changes)

    def timelines(self) -> Jsons:
        """Return the task's state transitions, in the platform's own JSON (unconfirmed keys) and order."""
        return [dict(record.raw) for record in self.client.timelines(self._id("read the timeline of"))]

    def wait(self, timeout: float | None = None, poll: float = 5.0) -> Json:
        """Wait until the task has ended, successfully or not, and return it like `get`.

        Args:
            timeout: Maximum number of seconds to wait. Default: None, which means no limit.
            poll: Seconds between two reads. Default: 5.

        Raises `TimeoutError`; the task continues. Raises `NotFound` if its record is deleted meanwhile.
        """
        arguments.check({"poll": poll})
        arguments.check_given({"timeout": timeout})
        task_id = self._id("wait for")
        task = until_finished(lambda: self.client.get(task_id), timeout=timeout, poll=poll)
        return dict(task.raw)

    def list_instances(
        self, offset: int = 0, limit: int = 10, sort_by: str = "Id", sort_order: str = "Descend"
    ) -> InstancePage:
        """Return some replicas of the task: `{"Total", "List"}`.

        Args:
            offset: Number of entries to skip. Default: 0.
            limit: Maximum number of entries; the platform may return fewer. Default: 10. -1 is all of them.
            sort_by: `Id`, `LaunchTime` or `FinishTime`. Default: `Id`.
            sort_order: `Ascend` or `Descend`. Default: `Descend`.
        """
        task_id = self._id("list the instances of")
        return instance_page(self.client, task_id, PageWindow(offset, limit, sort_by, sort_order))

    @classmethod
    def list(  # noqa: PLR0913, PLR0917 - the signature of the vendor's class
        cls,
        task_name: str | None = None,
        task_filter: str | None = None,
        task_id: str | None = None,
        resource_group_id: str | None = None,
        creator_user_ids: Sequence[int] | None = None,
        states: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        offset: int = 0,
        limit: int = 10,
        sort_by: str = "Id",
        sort_order: str = "Descend",
    ) -> TaskPage:
        """Return some tasks of the account: `{"Total", "List"}`. Filters that are None do not filter.

        Args:
            task_name: The name, exactly. Default: None.
            task_filter: A part of the name or of the id. Default: None.
            task_id: The id, exactly. Default: None.
            resource_group_id: The id of the resource group, exactly. Default: None.
            creator_user_ids: Ids of users, one of whom submitted it, such as `[0, 1]`. Default: None.
            states: States, one of which it is in: `Initialized`, `Queue`, `Staging`, `Running`, `Killing`,
                `Stopping`, `Success`, `SuccessHolding`, `Failed`, `FailedHolding`, `Exception`, `Cancelled`
                or `Killed`. Default: None.
            tags: Tags that it has: all of them with a `limit` of -1; otherwise all or any, as the platform
                decides. Default: None.
            offset: Number of entries to skip. Default: 0.
            limit: Maximum number of entries; the platform may return fewer. Default: 10. -1 is all of them:
                complete, or `ListingIncomplete`.
            sort_by: `Id`, `Name`, `CreateTime` or `UpdateTime`. Default: `Id`.
            sort_order: `Ascend` or `Descend`. Default: `Descend`.
        """
        filters = {
            "task_name": task_name,
            "task_filter": task_filter,
            "task_id": task_id,
            "resource_group_id": resource_group_id,
            "creator_user_ids": creator_user_ids,
            "states": states,
            "tags": tags,
        }
        return task_page(cls.client, filters, PageWindow(offset, limit, sort_by, sort_order))

    @classmethod
    def list_all(  # noqa: PLR0913 - the filters of `list`
        cls,
        *,
        task_name: str | None = None,
        task_filter: str | None = None,
        task_id: str | None = None,
        resource_group_id: str | None = None,
        creator_user_ids: Sequence[int] | None = None,
        states: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Iterator[Json]:
        """Return an iterator over every task that passes the filters of `list`, oldest first.

        A task must have all `tags`. The whole list is read before the first task is yielded: it is complete,
        or `ListingIncomplete` is raised.
        """
        filters = {
            "task_name": task_name,
            "task_filter": task_filter,
            "task_id": task_id,
            "resource_group_id": resource_group_id,
            "creator_user_ids": creator_user_ids,
            "states": states,
            "tags": tags,
        }
        return (dict(task.raw) for task in every_task(cls.client, filters))

    def _id(self, purpose: str) -> str:
        task_id = self._own("custom_task_id")
        if task_id:
            arguments.check({"custom_task_id": task_id})
            return str(task_id)
        raise UsageError(
            f"no task to {purpose}: `custom_task_id` is not set",
            help='submit it first, or pass the id of an existing task: `CustomTask(custom_task_id="t-…")`',
        )

    def _own(self, parameter: str) -> Any:
        try:
            return getattr(self, parameter)
        except AttributeError:
            raise UsageError(
                f"this `{type(self).__name__}` has no `{parameter}`: it was not initialized",
                help="call `super().__init__()` in the `__init__` of the class",
            ) from None
