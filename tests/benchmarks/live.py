"""A platform of many live tasks that costs next to nothing, and a client that reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.settings import ClientSettings
from jobspec.cloud.signing import Credentials

EVERY = 10
"""Each tenth task is a run of the scope `bench`."""
_RECORD = {
    "Id": "@ID@",
    "Name": "@NAME@",
    "Description": "one run of a sweep over learning rates",
    "Tags": ["team-vision", "@TAGS@"],
    "State": "Success",
    "CreateTime": "2026-01-01T10:00:00+08:00",
    "LaunchTime": "2026-01-01T10:01:00+08:00",
    "FinishTime": "2026-01-01T12:00:00+08:00",
    "UpdateTime": "2026-01-01T12:00:00+08:00",
    "ServerTime": "2026-01-01T12:00:00+08:00",
    "ExitCode": 0,
    "DiagInfo": "",
    "CreatorUserId": 2100012345,
    "ImageSpec": {"Id": "ml_platform/pytorch:1.7", "Url": "", "Type": "Preset"},
    "EntrypointPath": "python train.py",
    "Args": "--epochs 10 --seed 7",
    "Framework": "PyTorchDDP",
    "ResourceQueueId": "q-20260101-abcde",
    "ResourceGroupId": "",
    "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}],
    "ActiveDeadlineSeconds": 432000,
    "EnableTensorBoard": False,
    "Envs": [{"Name": f"VARIABLE_{n}", "Value": "a value of it", "IsPrivate": False} for n in range(8)],
    "Storages": [{"Type": "Tos", "MountPath": "/data", "Bucket": "vision-datasets", "Prefix": "imagenet"}],
    "CacheType": "Cloudfs",
    "Priority": 4,
    "Preemptible": False,
    "Credential": {"AccessKeyId": "", "SecretAccessKey": ""},
    "RetryOptions": {"EnableRetry": False},
    "AccessType": "Private",
}
_TEMPLATE = json.dumps(_RECORD, separators=(",", ":")).encode()
_TAGS = '","'.join(
    ("jobspec-scope_bench", "jobspec-task_train-{0:06}", "jobspec-spec_1{0:016x}", "jobspec-run_{0:016x}")
)


def _record(number: int) -> bytes:
    ours = _TAGS.format(number) if number % EVERY == 0 else "other"
    named = _TEMPLATE.replace(b"@ID@", b"t-2026%010d-abcde" % number).replace(
        b"@NAME@", b"train-%06d" % number
    )
    return named.replace(b"@TAGS@", ours.encode())


@dataclass(frozen=True)
class Platform(httpx.BaseTransport):
    """Lists so many tasks, whatever it is asked to filter. Pages that it keeps cost nothing the next time."""

    count: int
    keeps_pages: bool = False
    pages: dict[tuple[int, str], bytes] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        place = (asked["Offset"], asked["SortOrder"])
        page = self.pages.get(place) or self._page(*place, asked["Limit"])
        if self.keeps_pages:
            self.pages[place] = page
        return httpx.Response(200, content=page)

    def _page(self, offset: int, order: str, limit: int) -> bytes:
        places = range(offset, min(self.count, offset + limit))
        numbers = places if order == "Ascend" else (self.count - 1 - place for place in places)
        start = b'{"ResponseMetadata":{"RequestId":"r-1"},"Result":{"Total":%d,"List":[' % self.count
        return start + b",".join(map(_record, numbers)) + b"]}}"


def client_of(platform: Platform) -> PlatformClient:
    """A client of the platform, over httpx but for the network."""
    settings = ClientSettings(Credentials("a-key", "secret-of-the-key"), endpoint="http://127.0.0.1:9")
    return PlatformClient(settings=settings, transport=platform)
