"""Detect network file systems, where locks and SQLite are not reliable."""

from __future__ import annotations

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"ocfs2", "orangefs", "pvfs2", "smb3", "smbfs", "vboxsf"}
)
_NETWORK_FUSE = re.compile(r"fuse\.(sshfs|glusterfs|ceph|s3fs|gcsfuse|goofys|juicefs|rclone|curlftpfs|.*nfs)")


def network_file_system(path: Path) -> str:
    """Return the type of the network file system that `path` is or will be on; empty for a local disk."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # macOS does not have this file
        return ""
    found = file_system_of(path, mounts)
    return found if found in _NETWORK or _NETWORK_FUSE.fullmatch(found) else ""


def file_system_of(path: Path, mounts: str) -> str:
    """Return the type of the file system of an absolute path, from the text of `/proc/self/mountinfo`."""
    best = (-1, "")
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        words, types = fields.split(), rest.split()
        if len(words) < 5 or not types:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), words[4]))
        if path.is_relative_to(point) and len(point.parts) >= best[0]:  # the last mount wins
            best = (len(point.parts), types[0])
    return best[1]
