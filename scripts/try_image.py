"""Carry out the Dockerfile without Docker, start what it makes, and measure it.

Each stage gets an empty folder as its root, in which RUN runs, with the Node of this checkout. What results
is started as the image says: as its user, as process 1 of its own process namespace, on a file system that is
read-only but for its volumes. Ends with `N passed, N failed`.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dockerfile import Stage, stages_of
from running_service import free_port

REPOSITORY = Path(__file__).resolve().parents[1]
ADDS_AT_MOST_MB = 100
_PORT = free_port()
_LABELS = ("title", "description", "licenses", "version")


def main() -> int:
    """Answer the exit code."""
    stages = stages_of(REPOSITORY / "Dockerfile")
    checks: list[tuple[str, bool]] = []
    with tempfile.TemporaryDirectory(prefix="nbexchange-image-") as folder:
        os.chmod(folder, 0o755)
        roots = {}
        for number, stage in enumerate(stages):
            root = Path(folder, stage.name or str(number))
            root.mkdir()
            roots[stage.name] = root
            _build(stage, root, roots)
        image, root = stages[-1], roots[stages[-1].name]
        checks += _look(image, root)
        checks += _start(image, root)
    for name, passed in checks:
        print(f"{'ok  ' if passed else 'FAIL'} {name}")
    failed = sum(not passed for _, passed in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _build(stage: Stage, root: Path, roots: dict[str | None, Path]) -> None:
    workdir = "/"
    for word, rest in stage.steps:
        print(f"{stage.name or 'image'}: {word} {rest}", flush=True)
        if word == "WORKDIR":
            workdir = rest
            _inside(root, workdir).mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            _copy(rest.split(), root, workdir, roots)
        else:
            # There is no chroot: absolute paths of our own folders are moved below the root.
            command = re.sub(r"(?<![\w.])/(opt|srv)/", rf"{root}/\1/", rest)
            cwd = _inside(root, workdir)
            subprocess.run(["sh", "-euc", command], cwd=cwd, env=_clean_env(), check=True)


def _copy(words: list[str], root: Path, workdir: str, roots: dict[str | None, Path]) -> None:
    origin = REPOSITORY
    if words[0].startswith("--from="):
        origin = roots[words.pop(0).removeprefix("--from=")]
    *sources, target = words
    ignored = _ignored if origin == REPOSITORY else None
    for source in sources:
        path = origin / source.lstrip("/")
        if ignored and ignored(source):
            raise FileNotFoundError(f"{source} is not let through by .dockerignore")
        place = _inside(root, str(Path(workdir, target)))
        if path.is_dir():
            shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True)
        elif target.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place / path.name)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


def _ignored(source: str) -> bool:
    allowed = {
        line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    return not any(source == each or source.startswith(f"{each}/") for each in allowed)


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _clean_env() -> dict[str, str]:
    node = REPOSITORY / "node_modules/.bin"
    return {"PATH": f"{node}:/usr/local/bin:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}


def _look(image: Stage, root: Path) -> list[tuple[str, bool]]:
    size = sum(path.lstat().st_size for path in root.rglob("*")) / 1e6
    print(f"The image adds {size:.1f} MB to {image.image}", flush=True)
    modules = root / "opt/nbexchange/node_modules"
    development = ["vitest", "typescript", "@biomejs", "node"]
    oci = [f"org.opencontainers.image.{label}" for label in _LABELS]
    manifest = json.loads((REPOSITORY / "server/package.json").read_text())
    argument = re.search(r"ARG VERSION=(\S+)", (REPOSITORY / "Dockerfile").read_text())
    return [
        (f"adds less than {ADDS_AT_MOST_MB} MB: {size:.1f}", size < ADDS_AT_MOST_MB),
        ("has no development packages", not any((modules / name).exists() for name in development)),
        ("is labelled", all(image.labels.get(label) for label in oci)),
        ("says the version of the package", bool(argument) and argument[1] == manifest["version"]),
        ("does not run as root", image.user.split(":")[0] not in ("0", "root")),
        ("stands on an official slim Node 24", re.fullmatch(r"node:24-\w+-slim", image.image) is not None),
    ]


def _start(image: Stage, root: Path) -> list[tuple[str, bool]]:
    if os.geteuid() != 0:
        print("Not root: the service is not started as process 1 on a read-only file system", flush=True)
        return [] if not os.environ.get("CI") else [("may be started by root only", False)]
    checks = []
    origin = f"http://127.0.0.1:{_PORT}"
    with _running(image, root) as (process, log):
        checks.append(("starts on a read-only file system, as its user", _wait_for(log, '"url":')))
        health = subprocess.run(
            _as_in(image, root, image.health), env=_container_env(image, root), check=False
        )
        checks.append(("passes its own health check", health.returncode == 0))
        answer = _fetch(f"{origin}/services/nbexchange/")
        checks.append(("serves", answer.startswith("NbExchange ")))
        ready = _fetch(f"{origin}/health/ready")
        checks.append(("is ready: it writes to its volume", '"storage":"ok"' in ready))
        inner = int(subprocess.check_output(["pgrep", "-P", str(process.pid)]).split()[0])
        os.kill(inner, signal.SIGTERM)
        try:
            status = process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            status = None
        checks.append(("ends with 0 on SIGTERM as process 1", status == 0))
        checks.append(("says so", '"msg":"stopped"' in log.read_text()))
        if not all(passed for _, passed in checks):
            print(log.read_text(), flush=True)
    sentry = "import('@sentry/node').then((sentry) => sentry.init({dsn: 'http://a@127.0.0.1:9/1'}))"
    done = subprocess.run([_node(), "-e", sentry], cwd=root / "opt/nbexchange/server", check=False)
    checks.append(("loads what it loads only when asked to", done.returncode == 0))
    return checks


@contextmanager
def _running(image: Stage, root: Path) -> Iterator[tuple[subprocess.Popen, Path]]:
    """The image in namespaces of its own, where all is read-only but its volumes."""
    volumes = [str(_inside(root, volume)) for volume in image.volumes]
    writable = [f"mount --bind {volume} {volume}" for volume in volumes]
    user, group = image.user.split(":")
    start = _as_in(image, root, [*image.entrypoint, *image.command])
    drop = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs", *start]
    script = "; ".join([*writable, "mount -o remount,bind,ro /", 'exec "$@"'])
    log = root.parent / "log"
    inside = ["sh", "-euc", script, "sh", *drop]
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *inside],
            cwd=_inside(root, image.workdir),
            env=_container_env(image, root),
            stdout=output,
            stderr=output,
        )
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()


def _container_env(image: Stage, root: Path) -> dict[str, str]:
    settings = {
        name: value.replace("/srv/", f"{root}/srv/") if value.startswith("/srv/") else value
        for name, value in image.env.items()
    }
    # What every deployment has to say, and a port of our own.
    path = f"{Path(_node()).parent}:/usr/bin:/bin"
    return {"PATH": path, **settings, "NBEX_USER_PLUGIN": "proxy-header", "NBEX_PORT": str(_PORT)}


def _as_in(image: Stage, root: Path, command: list[str]) -> list[str]:
    return [word.replace("/opt/", f"{root}/opt/", 1) for word in command]


def _node() -> str:
    """The program itself: the one in .bin is a script that looks for a Node."""
    script = "process.stdout.write(process.execPath)"
    return subprocess.check_output([REPOSITORY / "node_modules/.bin/node", "-e", script], text=True)


def _wait_for(log: Path, text: str) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if text in log.read_text():
            return True
        time.sleep(0.05)
    return False


def _fetch(url: str) -> str:
    done = subprocess.run(
        [_node(), "-e", f"fetch('{url}').then((a) => a.text()).then(console.log, console.log)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
