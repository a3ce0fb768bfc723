"""Names of our fields in other tools, for hints if no spelling is close. Pure."""

from __future__ import annotations

from jobspec.manifest.schema.spelling import form

_NAMES = {
    "entrypoint": "command commands cmd run script exec entrypointPath startCommand",
    "args": "arguments argv commandArgs parameters",
    "env": "environment envs envVars environmentVariables envFrom secrets",
    "image": "imageId imageUrl imageSpec container docker",
    "storages": "volumes volumeMounts mounts mount storage disks pvc datasets",
    "roles": "gpus gpu resources taskRoleSpecs nodes workers machines instances numGpus accelerators",
    "replicas": "count instances nodes numReplicas roleReplicas parallelism workers",
    "flavor": "instanceType machineType resourceSpecId gpuType type size gpus gpu resources",
    "resourceQueue": "queue queueId queueName resourceQueueId partition",
    "resourceGroup": "group resourceGroupId pool",
    "activeDeadline": "timeout maxRunTime ttl deadline activeDeadlineSeconds timeLimit maxDuration walltime",
    "delayExit": "delayExitTimeSeconds ttlSecondsAfterFinished",
    "retry": "retries retryOptions maxRetries retryPolicy",
    "restartPolicy": "restart",
    "code": "codeSource source git workdir",
    "sidecar": "sidecars initContainers",
    "tags": "labels annotations",
    "name": "title id taskName roleName",
    "description": "comment summary",
    "mountPath": "path target containerPath destination",
    "maxTimes": "maxRetryTimes limit attempts",
    "interval": "delay backoff intervalSeconds",
    "on": "policySets reasons when",
    "manifests": "tasks files include includes paths",
    "environments": "profiles stages workspaces overlays",
    "vars": "variables locals params",
}
_FORMS = {field: frozenset(map(form, names.split())) for field, names in _NAMES.items()}


def meanings(name: str) -> list[str]:
    """Return our fields that another tool's name may correspond to."""
    return [field for field, forms in _FORMS.items() if form(name) in forms]
