"""The drop-in for the vendor SDK's class, and the settings of its platform."""

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.settings import ClientSettings, Timeouts
from jobspec.cloud.signing import Credentials
from jobspec.sdk.custom_task import CustomTask
from jobspec.sdk.shapes import InstancePage, Json, Submission, TaskPage

__all__ = [
    "ClientSettings",
    "Credentials",
    "CustomTask",
    "InstancePage",
    "Json",
    "PlatformClient",
    "Submission",
    "TaskPage",
    "Timeouts",
]
