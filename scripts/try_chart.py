"""Lint and render the Helm chart with the real helm; hold what comes out against Kubernetes and the service.

Every object must fit Kubernetes' published schemas (from the oldest that the chart names to the newest), and
`nbexchange check-config` must accept the rendered configuration. Ends with `N passed, N failed`.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import kubernetes_validate
import yaml
from chart_values import ALL_ON, EVERY_SETTING, REFUSED, RENDERED, USER
from dockerfile import stages_of
from fake_cluster import fake_cluster

REPOSITORY = Path(__file__).resolve().parents[1]
HELM = REPOSITORY / "scripts/helm"
VERSIONS = ("1.25", "1.30", "1.37")
# Not of Kubernetes itself, so its schemas do not know it.
FOREIGN_KINDS = ("ServiceMonitor",)

Checks = list[tuple[str, str | None]]


def main() -> int:
    """Answer the exit code."""
    os.chdir(REPOSITORY)
    checks: Checks = []
    linted = {"default values": USER, "all switches on": ALL_ON, "every setting": EVERY_SETTING}
    for name, values in linted.items():
        checks.append((f"lint: {name}", _complaint(lambda values=values: _helm("lint", "--strict", *values))))
    for name, values in RENDERED.items():
        checks += _check_rendered(name, values)
    for name, values in REFUSED.items():
        checks.append((f"refused: {name}", _complaint(lambda values=values: _must_fail(values))))
    checks.append(("what is secret stands in the Secret only", _complaint(_check_secrets)))
    checks.append(("a generated password survives upgrades", _complaint(_check_password)))
    checks.append(("the notes hold values for JupyterHub's chart", _complaint(_check_notes)))
    for name, complaint in checks:
        print(
            f"{'ok  ' if complaint is None else 'FAIL'} {name}{'' if complaint is None else f': {complaint}'}"
        )
    failed = sum(complaint is not None for _, complaint in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _complaint(work: Callable[[], object]) -> str | None:
    try:
        work()
    except Exception as error:
        return str(getattr(error, "message", None) or error)
    return None


def _helm(command: str, *rest: str, env: dict[str, str] | None = None, chart: Path = Path("chart")) -> str:
    """Raise with what helm says where it fails."""
    name = ["exchange"] if command == "template" else []
    words = [HELM, command, *name, chart, "--kube-version", f"{VERSIONS[-1]}.0", *rest]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def _run(command: list, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def _render(values: list[str]) -> list[dict]:
    return [each for each in yaml.safe_load_all(_helm("template", *values)) if each]


def _check_rendered(name: str, values: list[str]) -> Checks:
    objects: list[dict] = []
    checks = [(f"template: {name}", _complaint(lambda: objects.extend(_render(values))))]
    for version in VERSIONS:
        for each in objects:
            if each["kind"] in FOREIGN_KINDS:
                continue
            what = f"{name}: {each['kind']} {each['metadata']['name']} fits Kubernetes {version}"
            fits = partial(kubernetes_validate.validate, each, version, strict=True)
            checks.append((what, _complaint(fits)))
    if objects:
        checks.append((f"{name}: check-config accepts it", _complaint(lambda: _check_config(objects))))
    return checks


def _check_config(objects: list[dict]) -> None:
    """As in the pod: the files of the ConfigMap in one folder, the Secrets as variables."""
    pods = [each["spec"]["template"]["spec"] for each in objects if each["kind"] in ("Deployment", "Job")]
    for pod in pods:
        container = pod["containers"][0]
        env = {"PATH": os.environ["PATH"], **stages_of(REPOSITORY / "Dockerfile")[-1].env}
        for source in container.get("envFrom", []):
            env |= _secret(objects, source["secretRef"]["name"])
        env |= {each["name"]: _value(objects, each) for each in container.get("env", [])}
        with tempfile.TemporaryDirectory() as folder:
            if any(mount["name"] == "config" for mount in container.get("volumeMounts", [])):
                _write_config(objects, Path(folder))
            command = [
                REPOSITORY / "node_modules/.bin/node",
                REPOSITORY / "server/src/main.ts",
                *["check-config", "--json"],
            ]
            done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{container['name']}: {done.stderr}")
            _compare(Path(folder), json.loads(done.stdout))


def _compare(folder: Path, in_force: dict[str, dict]) -> None:
    """Nothing that the image or the Secrets say may win over what stands in the values."""
    file = folder / "nbexchange.config.json"
    written = json.loads(file.read_text()) if file.exists() else {}
    lost = [key for key in written if in_force[key]["source"] != str(file.resolve())]
    if lost:
        raise RuntimeError(f"not in force: {', '.join(lost)}")


def _value(objects: list[dict], variable: dict) -> str:
    if "value" in variable:
        return variable["value"]
    reference = variable["valueFrom"]["secretKeyRef"]
    return _secret(objects, reference["name"]).get(reference["key"], "")


def _secret(objects: list[dict], name: str) -> dict[str, str]:
    found = [each for each in objects if each["kind"] == "Secret" and each["metadata"]["name"] == name]
    return found[0].get("stringData", {}) if found else {}


def _write_config(objects: list[dict], folder: Path) -> None:
    (config,) = [each for each in objects if each["kind"] == "ConfigMap"]
    for name, content in config["data"].items():
        (folder / name).write_text(content)


def _must_fail(values: list[str]) -> None:
    assert _refusal(values), "helm renders it"


def _refusal(values: list[str]) -> str | None:
    try:
        _helm("template", *values)
    except RuntimeError as error:
        return str(error)
    return None


def _check_notes() -> None:
    """Helm shows them on a cluster only: here they are made a template that prints a text."""
    with tempfile.TemporaryDirectory() as folder:
        chart = Path(folder, "chart")
        shutil.copytree("chart", chart)
        notes = (chart / "templates/NOTES.txt").read_text()
        (chart / "templates/_notes.tpl").write_text(f'{{{{ define "notes" }}}}{notes}{{{{ end }}}}')
        (chart / "templates/NOTES.txt").unlink()
        (chart / "templates/notes.yaml").write_text('text: {{ include "notes" . | quote }}')
        printed = _helm("template", *USER, "--show-only", "templates/notes.yaml", chart=chart)
    (text,) = [each["text"] for each in yaml.safe_load_all(printed) if each]
    hub, nbgrader = text.split("2. nbgrader")
    values = yaml.safe_load(hub.partition("into the values of its chart")[2])
    url = "http://exchange-nbexchange.default.svc.cluster.local:9000"
    assert values["hub"]["services"]["nbexchange"]["url"] == url, values
    assert values["singleuser"]["extraEnv"]["NBEX_SERVICE_URL"] == url, values
    rules = [
        values["hub"]["networkPolicy"],
        values["proxy"]["chp"]["networkPolicy"],
        values["singleuser"]["networkPolicy"],
    ]
    for rule in rules:
        policy = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "rule"},
            "spec": {"podSelector": {}, **rule},
        }
        kubernetes_validate.validate(policy, VERSIONS[-1], strict=True)
    compile(nbgrader.partition(")\n")[2], "nbgrader_config.py", "exec")


def _check_secrets() -> None:
    """Every setting is in the values: each reaches the pod by one of the two ways."""
    objects = _render(EVERY_SETTING)
    secret = json.loads(Path("chart/secret-settings.json").read_text())
    written = yaml.safe_load(Path(EVERY_SETTING[-1]).read_text())["config"]
    (config,) = [each for each in objects if each["kind"] == "ConfigMap"]
    shown = json.loads(config["data"]["nbexchange.config.json"])
    assert shown.keys() == written.keys() - secret.keys(), shown.keys()
    assert _secret(objects, "exchange-nbexchange").keys() == set(secret.values())
    for key in secret:
        beside = ["--set", "existingSecret=mine", "--set-json", f"config.{key}={json.dumps(written[key])}"]
        assert f"config.{key} is secret" in (_refusal([*USER, *beside]) or ""), key


def _check_password() -> None:
    """A fake cluster that has the Secret of the release that is installed."""
    name = "exchange-nbexchange-postgresql"
    data = {"password": base64.b64encode(b"from the first install").decode()}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }
    with fake_cluster({f"/api/v1/namespaces/default/secrets/{name}": secret}) as kubeconfig:
        text = _helm(
            *[
                "template",
                "--dry-run=server",
                "--namespace",
                "default",
                "--set",
                "postgresql.enabled=true",
                *USER,
            ],
            env={"KUBECONFIG": str(kubeconfig)},
        )
    objects = [each for each in yaml.safe_load_all(text) if each]
    assert _secret(objects, name) == {"password": "from the first install"}
    assert "from%20the%20first%20install@" in _secret(objects, f"{name}-url")["NBEX_DB_URL"]


if __name__ == "__main__":
    sys.exit(main())
