"""Writes the manifest schemas as the public schema catalogue expects them: `python .ci/catalogue.py FOLDER`.

`src/schemas/json` holds the schemas; `src/test` and `src/negative_test`, files that they accept and refuse.
`entry.json` is what belongs into `src/api/json/catalog.json`; the catalogue also lists its schemas in
`highSchemaVersion`, because they use a later draft than 7.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOST = "https://json.schemastore.org"
SCHEMAS = {
    "jobspec-project": ("project.v1", "jobspec project", ["jobspec.yaml"]),
    "jobspec-manifest": ("manifest.v1", "jobspec manifest", ["*.jobspec.yaml", "*.jobspec.yml"]),
}
DESCRIPTIONS = {
    "jobspec-project": "The project file of jobspec: which tasks belong together, and what they share",
    "jobspec-manifest": "A manifest of jobspec: one declared training task",
}
REFUSED = "apiVersion: jobspec/v1\nkind: {kind}\nmetadata: {{name: train}}\nunknownField: true\n"


def main(arguments: list[str]) -> int:
    """Write the layout into a folder."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 1
    folder = Path(arguments[0]) / "src"
    for name, (file, _, _) in SCHEMAS.items():
        schema = json.loads((ROOT / "schemas" / f"{file}.json").read_text())
        _write(
            folder / "schemas" / "json" / f"{name}.json",
            json.dumps(schema | {"$id": f"{HOST}/{name}.json"}, indent=2),
        )
        kind = "Project" if name == "jobspec-project" else "Task"
        _write(folder / "negative_test" / name / "unknown-field.yaml", REFUSED.format(kind=kind))
    for project in sorted((ROOT / "specs").glob("*/jobspec.yaml")):
        _copy(project, folder / "test" / "jobspec-project" / f"{project.parent.name}.yaml")
        for task in sorted(project.parent.glob("tasks/**/*.yaml")):
            _copy(task, folder / "test" / "jobspec-manifest" / f"{project.parent.name}-{task.stem}.yaml")
    entries = [
        {"name": title, "description": DESCRIPTIONS[name], "fileMatch": match, "url": f"{HOST}/{name}.json"}
        for name, (_, title, match) in SCHEMAS.items()
    ]
    _write(folder.parent / "entry.json", json.dumps(entries, indent=2))
    return 0


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text.rstrip()}\n")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
