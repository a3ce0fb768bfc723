"""The drop-ins for the vendor SDK's classes, and the settings of their platform."""

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.settings import ClientSettings, Timeouts
from jobspec.cloud.signing import Credentials
from jobspec.sdk.custom_task import CustomTask
from jobspec.sdk.custom_task_client import CustomTaskClient
from jobspec.sdk.shapes import InstancePage, Json, Submission, TaskPage

__all__ = [
    "ClientSettings",
    "Credentials",
    "CustomTask",
    "CustomTaskClient",
    "InstancePage",
    "Json",
    "PlatformClient",
    "Submission",
    "TaskPage",
    "Timeouts",
]
