"""Secrets in the vendor's task files, which `convert` reads, quotes and writes anew."""

from __future__ import annotations

from collections.abc import Iterator

from tests.proof.secrets.placement import Placement, Plant, Run
from tests.proof.secrets.world import World

HEAD = """\
TaskName: other
ImageUrl: registry.example.com/a/b:1
TaskRoleSpecs: [{RoleName: worker, RoleReplicas: 1, Flavor: ml.g1e.large}]
"""
COMMAND = "Entrypoint: python train.py\n"
CONVERTED = {
    "a private variable": COMMAND + 'Envs: [{Name: WANDB_API_KEY, Value: "{}", IsPrivate: true}]\n',
    "a variable named like a secret": COMMAND + 'Envs:\n  - Value: "{}"\n    Name: HF_TOKEN\n',
    "a private variable of any name": COMMAND + "Envs: [{Name: X, Value: hf_{}, IsPrivate: true}]\n",
    "the key of the account": COMMAND + 'Envs: [{Name: VOLC_SECRETKEY, Value: "{}"}]\n',
    "the login of a registry": COMMAND + 'ImageCredential: {RegistryUsername: me, RegistryToken: "{}"}\n',
    "the keys of storages": COMMAND + 'Credential: {AccessKeyId: a, SecretAccessKey: "{}"}\n',
    "an argument of the SDK": COMMAND + 'ak: a\nsk: "{}"\n',
    "an argument of the SDK alone": COMMAND + 'sk: "{}"\n',
    "a command": "Entrypoint: HF_TOKEN={} python train.py\n",
    "a command in single quotes": "Entrypoint: \"curl -H 'Authorization: Bearer hf_{}'\"\n",
    "a command in a block": "Entrypoint: |\n  export HF_TOKEN=hf_{}\n  python train.py\n",
    "the default of a placeholder": COMMAND + "Envs: [{Name: HF_TOKEN, Value: '${HF_TOKEN:-{}}'}]\n",
    "the options of a program in a command": "Entrypoint: docker login -u me -p {} registry\n",
    "a file that a command writes": "Entrypoint: |\n  cat > x <<EOF\n  login me password {}\n  EOF\n",
    "a comment of a command": "Entrypoint: |\n  # password: {}\n  python train.py\n",
    "a private variable that a command repeats": "Entrypoint: mysql -p{} -u me\n"
    "Envs: [{Name: DB, Value: 'x {}', IsPrivate: true}]\n",
    "the default of a placeholder in an address": COMMAND
    + "Envs: [{Name: DSN, Value: 'postgres://u:${PW:-{}}@h/db'}]\n",
    "the default of a placeholder that repeats it": COMMAND
    + 'Envs: [{Name: Y, Value: "${Z:-{}}"}, {Name: API_TOKEN, Value: "{}"}]\n',
    "the default of a placeholder, twice": COMMAND
    + 'Envs: [{Name: A, Value: "${HF_TOKEN:-{}}"}, {Name: HF_TOKEN, Value: "${HF_TOKEN:-{}}"}]\n',
    "a commented-out variable": COMMAND + "# Envs:\n#   - Name: MYSQL_PASSWORD\n#     Value: '{}'\n",
    "a comment about it": COMMAND + "Priority: 4 # the token is {}\n",
    "a comment in a file with a warning at it": COMMAND + "Foo: 1 # password: {}\n",
    "a comment that repeats it": COMMAND + 'Envs: [{Name: HF_TOKEN, Value: "{}"}] # {} as before\n',
}
REFUSED = {
    "a quoted document of a command": "Entrypoint: |\n  python - <<'EOF'\n  login('hf_{}')\n  EOF\n",
    "another language in a command": "Entrypoint: |\n  python - <<'EOF'\n  api_key = \"{}\"\n  EOF\n",
    "a short name in another language": "Entrypoint: |\n  python - <<'EOF'\n  f(sk='{}')\n  EOF\n",
    "a field without a name": COMMAND + 'MySecretKey: {Any: "{}"}\n',
    "a description": COMMAND + "Description: hf_{}\n",
    "the default of a placeholder in a description": COMMAND + "Description: '${TOK:-hf_{}}'\n",
    "the default of a placeholder in a tag": COMMAND + "Tags: ['${API_KEY:-{}}']\n",
    "the default of a placeholder in the address of an image": COMMAND
    + "ImageSpec: {Url: 'https://me:${PW:-{}}@registry.example.com/a'}\n",
    "the default of a placeholder in a field without a name": COMMAND
    + "Foo: '${X:-a{}}'\nEnvs: [{Name: HF_TOKEN, Value: '{}'}]\n",
    "a tag that repeats it": COMMAND + 'Tags: ["{}"]\nEnvs: [{Name: HF_TOKEN, Value: "{}"}]\n',
    "a variable that is no text": COMMAND + 'Envs: [{Name: HF_TOKEN, Value: ["{}"]}]\n',
    "a variable that is there twice": COMMAND
    + 'Envs: [{Name: HF_TOKEN, Value: "{}"}, {Name: HF_TOKEN, Value: x}]\n',
    "a variable with more fields": COMMAND + 'Envs: [{Name: HF_TOKEN, Value: "{}", Scope: "{}"}]\n',
    "a login that is no map": COMMAND + 'ImageCredential: ["{}"]\n',
    "a key that is there twice": COMMAND + 'Envs: [{Name: HF_TOKEN, Value: a, Value: "{}"}]\n',
    "the address of an image": COMMAND + "ImageSpec: {Url: 'https://me:{}@registry.example.com/a'}\n",
    "a map that is not closed": COMMAND + 'Envs: [{Name: HF_TOKEN, Value: "{}"\n',
    "a line above a tab": COMMAND + 'Envs:\n  - Name: HF_TOKEN\n    Value: "{}"\n\tx: y\n',
    "a list that is no task": '- {Name: HF_TOKEN, Value: "{}"}\n',
}


def _plant(text: str) -> Plant:
    def plant(world: World) -> None:
        world.write("old.yml", (HEAD + text).replace("{}", world.secret))

    return plant


def _rows() -> Iterator[Placement]:
    for where, text in CONVERTED.items():
        runs = (Run("convert old.yml"), Run("convert old.yml -o tasks"), Run("validate"), Run("plan"))
        yield Placement(f"a task file of the vendor's with a secret in {where}", _plant(text), runs)
    for where, text in REFUSED.items():
        refused = (Run("convert old.yml", 1), Run("convert old.yml -o tasks", 1))
        name = f"a task file that cannot be converted with a secret in {where}"
        yield Placement(name, _plant(text), refused)


TABLE = tuple(_rows())
