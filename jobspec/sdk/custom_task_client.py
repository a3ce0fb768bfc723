"""`CustomTaskClient`: the vendor SDK's client, with the same methods, parameters and whole responses.

It only translates: `PlatformClient` sends, retries and raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct
from msgspec.structs import asdict

from jobspec.cloud.answers.wire import read_created
from jobspec.concealing import Concealing
from jobspec.sdk import arguments
from jobspec.sdk.account import ClientOfEnvironment
from jobspec.sdk.pages import NO_LIMIT, PageWindow, instance_page, task_page
from jobspec.sdk.requests import CREATE, FILTERS, WINDOW, create_request, request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobspec.cloud.client import PlatformClient
    from jobspec.sdk.shapes import Json

_UPDATE = {"task_id": "Id", "task_name": "Name", "description": "Description", "tags": "Tags"}


class VendorCredentials(Concealing, frozen=True):
    """The key and the region of a client, under the names of the vendor's class. Its repr shows no key."""

    concealed: ClassVar[frozenset[str]] = frozenset({"ak", "sk", "session_token"})
    ak: str
    sk: str
    service: str
    region: str
    session_token: str = ""


class ServiceInfo(Struct, frozen=True):
    """What scripts read from the vendor's client in order to call other services with the same key."""

    credentials: VendorCredentials


class CustomTaskClient:
    """The actions of custom tasks: each method sends one, and returns `{"ResponseMetadata", "Result"}`.

    Args:
        client: Client that this object uses; keyword-only. Default: the client of the environment's account.

    Parameters that are None are not sent. Methods raise the errors of `jobspec.errors`, as `CustomTask` does.
    """

    client: PlatformClient = ClientOfEnvironment()  # type: ignore[assignment] # a descriptor that gives one

    def __init__(self, *, client: PlatformClient | None = None) -> None:
        if client is not None:
            self.client = client

    @property
    def service_info(self) -> ServiceInfo:
        """The key that signs the requests, and the region: `service_info.credentials.ak`, `.sk`, …."""
        settings = self.client.settings
        key = settings.credentials
        return ServiceInfo(
            VendorCredentials(
                key.access_key, key.secret_key, "ml_platform", settings.region, key.session_token
            )
        )

    def create_custom_task(  # noqa: PLR0913, PLR0917 - the signature of the vendor's class
        self,
        name: str,
        image_id: str,
        entrypoint_path: str,
        framework: str,
        resource_group_id: str,
        task_role_specs: Sequence[Mapping[str, Any]],
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
        cache_type: str | None = None,
        sidecar_image: str | None = None,
        sidecar_resource_cpu: float | None = None,
        sidecar_resource_memory: float | None = None,
    ) -> Json:
        """CreateCustomTask, sent once: submit a new task. The parameters are those of `CustomTask`."""
        given = locals()  # the parameters, by name
        body = create_request({parameter: given[parameter] for parameter in CREATE})
        response = self._call("CreateCustomTask", body)
        read_created(response["Result"], action="CreateCustomTask")  # raises for an answer without an id
        return response

    def get_custom_task(self, task_id: str) -> Json:
        """GetCustomTask: return the task."""
        return self._of_task("GetCustomTask", "Id", task_id)

    def list_custom_tasks(  # noqa: PLR0913, PLR0917 - the signature of the vendor's class
        self,
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
    ) -> Json:
        """ListCustomTasks: return some tasks. A `limit` of -1 is all of them: complete, or an error."""
        given = locals()  # the parameters, by name
        filters = {parameter: given[parameter] for parameter in FILTERS}
        window = PageWindow(offset, limit, sort_by, sort_order)
        if limit == NO_LIMIT:
            return _several_requests("ListCustomTasks", task_page(self.client, filters, window))
        arguments.check_given({**filters, **asdict(window)})
        return self._call("ListCustomTasks", request({**FILTERS, **WINDOW}, {**filters, **asdict(window)}))

    def update_custom_task(
        self,
        task_id: str,
        task_name: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Json:
        """UpdateCustomTask, sent once: change the given fields; `tags` replaces the whole list."""
        values = {"task_id": task_id, "task_name": task_name, "description": description, "tags": tags}
        arguments.check_given(values)
        return self._call("UpdateCustomTask", request(_UPDATE, values))

    def stop_custom_task(self, task_id: str) -> Json:
        """StopCustomTask: request the end of the task."""
        return self._of_task("StopCustomTask", "Id", task_id)

    def delete_custom_task(self, task_id: str) -> Json:
        """DeleteCustomTask: delete the record of an ended task."""
        return self._of_task("DeleteCustomTask", "Id", task_id)

    def get_custom_task_instances(  # noqa: PLR0917 - the signature of the vendor's class
        self,
        custom_task_id: str,
        offset: int = 0,
        limit: int = 10,
        sort_by: str = "Id",
        sort_order: str = "Descend",
    ) -> Json:
        """GetCustomTaskInstances: return some replicas of the task. A `limit` of -1 is all of them."""
        window = PageWindow(offset, limit, sort_by, sort_order)
        arguments.check({"custom_task_id": custom_task_id})
        if limit == NO_LIMIT:
            page = instance_page(self.client, custom_task_id, window)
            return _several_requests("GetCustomTaskInstances", page)
        arguments.check(asdict(window))
        body = {"CustomTaskId": custom_task_id, **request(WINDOW, asdict(window))}
        return self._call("GetCustomTaskInstances", body)

    def list_custom_task_timelines(self, custom_task_id: str) -> Json:
        """ListCustomTaskTimelines: return the task's state transitions (unconfirmed keys)."""
        return self._of_task("ListCustomTaskTimelines", "CustomTaskId", custom_task_id)

    def _call(self, action: str, body: Mapping[str, object]) -> Json:
        return dict(self.client.call_whole(action, body))

    def _of_task(self, action: str, field: str, task_id: str) -> Json:
        arguments.check({"custom_task_id": task_id})
        return self._call(action, {field: task_id})


def _several_requests(action: str, page: Mapping[str, Any]) -> Json:
    """Return the result of several requests in the shape of one response, which has no request id."""
    return {"ResponseMetadata": {"RequestId": "", "Action": action}, "Result": dict(page)}
