"""The secrets that a project may name: environment variables by name, files by path. Pure.

Keys of the machine itself and of the CI system are never a task's secret unless the user or the machine
allows them. The reader of an allowed file must still check that its path contains no link.
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

from msgspec import Struct, field

from jobspec.config.settings import ALLOWED_SECRETS, Configuration
from jobspec.errors import SecretNotAllowed
from jobspec.quoting import quote

_CLOUD = r"(VOLC|VOLCENGINE|AWS|AZURE|ALIBABA|ALIBABACLOUD|ALICLOUD|TENCENTCLOUD|HUAWEICLOUD)_.*"
"""Keys of the platform and of other clouds: a task's `storageCredential` is meant for them."""
_GUARDED = (
    r"(ARM|GOOGLE|GCLOUD|GCP|CLOUDSDK|DIGITALOCEAN)_.*"
    r"|(GITHUB|GH|GITLAB|GITEA|FORGEJO|BITBUCKET|GIT)_.*"
    r"|CI|(CI|ACTIONS|RUNNER|CIRCLE|BUILDKITE|JENKINS|TRAVIS|DRONE)_.*|SYSTEM_ACCESSTOKEN"
    r"|(JOBSPEC|SSH|GPG|KUBE|KUBERNETES|VAULT|SOPS|TF_TOKEN|TF_VAR)_.*|GNUPGHOME|KUBECONFIG"
    r"|DOCKER_(AUTH_CONFIG|CONFIG|PASSWORD|USERNAME|TOKEN)|DOCKERHUB_.*|REGISTRY_AUTH_FILE|CR_PAT|QUAY_.*"
    r"|(NPM|YARN|NODE_AUTH)_TOKEN|(PYPI|TWINE|POETRY|HATCH|FLIT|UV_PUBLISH|CARGO|GEM|NUGET|MAVEN|JFROG)_.*"
    r"|(CLOUDFLARE|OCI|IBMCLOUD|HCLOUD|LINODE|FLY|HEROKU|VERCEL|NETLIFY|PULUMI|CONSUL|NOMAD|BOUNDARY)_.*"
    r"|(ANSIBLE|SONAR|SONATYPE|CODECOV|COVERALLS|SNYK|SENTRY_AUTH|RENOVATE|DEPENDABOT|ARGOCD)_.*"
    r"|OP_(SERVICE|CONNECT|SESSION)_.*|.*_PROXY"
)
"""Other keys of the machine and of CI systems. Both are patterns of upper-case names."""
_WILDCARDS = re.compile(r"[*?\[]")


class SecretAccess(Struct, frozen=True):
    """The secrets that the configuration allows a project to read."""

    configuration: Configuration = field(default_factory=Configuration)

    def check_variable(self, name: str, *, is_of_storage: bool = False) -> None:
        """Raise `SecretNotAllowed` unless a task may name the environment variable as a secret.

        `is_of_storage` means that it is a part of the task's `storageCredential`.
        """
        allowed, is_of_cloud = self.configuration.secrets, re.fullmatch(_CLOUD, name.upper()) is not None
        if is_of_cloud and is_of_storage:
            return
        if is_of_cloud or re.fullmatch(_GUARDED, name.upper()):
            if not allowed.allows(lambda pattern: _names_plainly(pattern, name)):
                raise self._guarded(name)
        elif allowed.excludes(lambda pattern: fnmatchcase(name, pattern)):
            raise self._not_listed(name)

    def check_file(self, name: str, root: str) -> None:
        """Raise `SecretNotAllowed` unless a task of the project in `root` may name the file as a secret."""
        if name.startswith("~"):
            raise SecretNotAllowed(
                f"the secret file {quote(name)} starts with `~`, which is not expanded in manifests",
                help="use an absolute path, or a path relative to the project file",
                code="JS351",
            )
        path = absolute(name, root)
        if not is_below(path, root):
            if self.folder_for(path) is None:
                raise self.outside(name, path)
        elif any(part.casefold() == ".git" for part in path[len(root) :].split("/")):
            raise SecretNotAllowed(
                f"the secret file {quote(name)} is in a `.git` folder, where tools store tokens",
                help="move the secret to another file",
                code="JS351",
            )

    def folder_for(self, path: str) -> str | None:
        """Return the allowed folder that contains the absolute path; None if no folder does."""
        allowed = self.configuration.folders
        if not allowed.allows(lambda folder: is_below(path, folder)):
            return None
        lists = (*(allowed.user or ()), *allowed.added, *(allowed.machine or ()))
        return next(folder for folder in lists if is_below(path, folder))

    def outside(self, name: str, path: str) -> SecretNotAllowed:
        """Return the error for a secret file outside the project and all allowed folders."""
        folder = posixpath.dirname(path)
        message = f"the secret file {quote(name)} is outside the project, at {quote(path)}"
        own = self.configuration.user.file
        if self.configuration.folders.is_refused_by_machine(lambda entry: is_below(path, entry)):
            return SecretNotAllowed(message, help=self._machine_line("secretFolders", folder), code="JS351")
        return SecretNotAllowed(
            message,
            help=f"if the task may read the file, add {quote(f'secretFolders: [{folder}]')} to {own}, "
            f"or set {ALLOWED_SECRETS}={folder}",
            code="JS351",
        )

    def _guarded(self, name: str) -> SecretNotAllowed:
        message = f"{quote(name)} is a key of this machine or its CI system, not a secret of a task"
        return SecretNotAllowed(message, help=self._advice(name))

    def _not_listed(self, name: str) -> SecretNotAllowed:
        return SecretNotAllowed(
            f"`allowedSecrets` does not list the secret {quote(name)}", help=self._advice(name)
        )

    def _advice(self, name: str) -> str:
        if self.configuration.secrets.is_refused_by_machine(lambda pattern: _names_plainly(pattern, name)):
            return self._machine_line("allowedSecrets", name)
        file = self.configuration.user.file
        if self.configuration.secrets.user is None:  # the first list restricts all other secrets, too
            line = "add " + quote(f'allowedSecrets: [{name}, "*"]') + f" to {file}"
        else:
            line = f"add {quote(name)} to `allowedSecrets` in {file}"
        return f"if the task may read the secret, {line}, or set {ALLOWED_SECRETS}={name}"

    def _machine_line(self, key: str, entry: str) -> str:
        file = self.configuration.machine.file
        return f"ask the administrator of this machine to add {quote(entry)} to `{key}` in {file}"


def is_guarded(name: str) -> bool:
    """Whether an environment variable is a key of this machine, of a cloud or of a CI system, by its name."""
    return re.fullmatch(rf"{_CLOUD}|{_GUARDED}", name.upper()) is not None


def absolute(name: str, root: str) -> str:
    """Return the path of a secret file, without reading the disk."""
    return posixpath.normpath(posixpath.join(root, name))


def is_below(path: str, folder: str) -> bool:
    """Whether a normalized absolute path is below a folder, without reading the disk."""
    top = posixpath.normpath(folder)
    return top.startswith("/") and top != "/" and path.startswith(f"{top}/")


def _names_plainly(pattern: str, name: str) -> bool:
    """Whether a pattern matches on purpose: one that starts with a wildcard allows no key of the machine."""
    return _WILDCARDS.match(pattern) is None and fnmatchcase(name, pattern)
