"""The fields of CreateCustomTask and the types of their values.

Fields that the reference does not name are kept: newer clients send more.
"""

from __future__ import annotations

from jobspec.local.shapes import boolean, integer, items, matching, number, one_of, record, text

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
NAME = matching(rf"[A-Za-z0-9_\-{_CJK}]{{1,200}}", "1 to 200 CJK characters, letters, digits, `_` or `-`")
ROLE_NAME = matching(
    r"[A-Za-z][A-Za-z0-9_-]{0,62}", "1 to 63 letters, digits, `_` or `-`, starting with a letter"
)
DESCRIPTION = text(most=500)
TAGS = items(text(least=1, most=256))
_ENV_NAME = matching(r"[^=\x00-\x1f\x7f]{1,256}", "the name of an environment variable, without `=`")
"""Names such as `BASH_FUNC_x%%` are in use. A process can have any name without `=`."""
_WORD = matching(r"[^\s\0]{1,100}", "a word")
_AMOUNT = number(-1e-9, 1e9)

_CLAIM = record({}, {"Cpu": _AMOUNT, "MemoryGiB": _AMOUNT, "GpuCount": _AMOUNT, "GpuType": text()})
_ROLE = record(
    {"RoleName": ROLE_NAME, "RoleReplicas": integer(1, 100_000)},
    {
        "ResourceSpecId": text(least=1),
        "ResourceSpec": record({}, {"FlavorID": text()}),
        "FlexibleResourceClaim": _CLAIM,
        "RoleMinReplicas": integer(0, 100_000),
        "RoleMaxFailed": integer(0, 100_000),
        "RoleRestartPolicy": one_of("Never", "OnFailure", "Always"),
        "RoleRestartMaxRetryCount": integer(0),
        "GpuRate": number(0, 1e6),
        "ZoneId": text(),
    },
)
_RETRY = record(
    {},
    {
        "EnableRetry": boolean,
        "EnableReserveResourceOnRetry": boolean,
        "MaxRetryTimes": integer(0),
        "IntervalSeconds": integer(0),
        "PolicySets": items(text(least=1)),
    },
)
_DIAGNOSTIC = record(
    {"Name": text(least=1)},
    {
        "Enable": boolean,
        **dict.fromkeys(
            (
                "EnvironmentalDiagnosisInterval",
                "PythonDetectionInterval",
                "LogDetectionInterval",
                "VecclHangDetectionInterval",
            ),
            integer(0),
        ),
    },
)
_STORAGE = record(
    {"Type": text(least=1), "MountPath": text(least=1)},
    {
        **dict.fromkeys(("Bucket", "Prefix", "FsName", "SubPath", "FileSystemName"), text()),
        **dict.fromkeys(("NasId", "NasAddr", "NasAccessPointId"), text()),
        **dict.fromkeys(("VepfsId", "VepfsAccessPointId", "Id"), text()),
        "ReadOnly": boolean,
        "MetaCacheCapacity": integer(-1, 2**53),
        "MetaCacheExpiryMinutes": integer(-1),
    },
)
_NETWORK = record({}, {"VpcId": text(), "SubnetId": text(), "SecurityGroupIds": items(text())})
_SERVICE = record({"ListenPort": integer(1, 65535)}, {"Type": text(), "Path": text()})
_IMAGE = record({}, dict.fromkeys(("Id", "Url", "Type"), text()))
_TENSORBOARD = record(
    {}, dict.fromkeys(("Type", "NasId", "NasAddr", "VepfsId", "SubPath", "Bucket", "Prefix"), text())
)

CREATE = record(
    {
        "Name": NAME,
        "ImageSpec": _IMAGE,
        "EntrypointPath": text(least=1),
        "TaskRoleSpecs": items(_ROLE, least=1),
    },
    {
        "Args": text(),
        "Description": DESCRIPTION,
        "Tags": TAGS,
        "Framework": _WORD,
        **dict.fromkeys(("ResourceGroupId", "ResourceQueueId", "TensorBoardPath"), text()),
        **dict.fromkeys(("CodeOriPath", "TOSCodePath", "LocalCodePath", "SidecarImage"), text()),
        **dict.fromkeys(("EnableTensorBoard", "Preemptible", "EnableIdleResource"), boolean),
        **dict.fromkeys(("SidecarResourceCPU", "SidecarResourceMemory"), number(0, 1e6)),
        **dict.fromkeys(("ActiveDeadlineSeconds", "DelayExitTimeSeconds"), integer(0)),
        "CodeSource": one_of("", "WebIDE", "Local"),
        "Envs": items(record({"Name": _ENV_NAME}, {"Value": text(), "IsPrivate": boolean})),
        "Storages": items(_STORAGE),
        "Credential": record({}, {"AccessKeyId": text(), "SecretAccessKey": text()}),
        "SidecarMemoryRatio": number(0, 1),
        "CacheType": one_of("", "Cloudfs", "Gpfs"),
        "Priority": one_of(2, 4, 6),
        "RetryOptions": _RETRY,
        "AccessType": one_of("Public", "Queue", "Private"),
        "AccessUsers": items(text(least=1)),
        "DiagOptions": items(_DIAGNOSTIC),
        "PrivateNetwork": _NETWORK,
        "CustomServices": items(_SERVICE),
        "TensorBoardStorage": _TENSORBOARD,
    },
)
