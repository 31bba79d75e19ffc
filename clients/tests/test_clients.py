"""Clients generated from docs/openapi.json type-check, and carry an assignment through its whole cycle."""

import os
import subprocess
import sys
from pathlib import Path

from conftest import REPOSITORY

CLIENTS = REPOSITORY / "clients"
GENERATED = CLIENTS / "generated"
BIN = REPOSITORY / "node_modules" / ".bin"


def run(*command, **env: str) -> str:
    """Answer what it says; fail with that where it fails."""
    done = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_a_typescript_client_goes_through_a_whole_cycle(service):
    run(BIN / "node", CLIENTS / "generate.ts")
    run(BIN / "tsc", "--project", CLIENTS)
    run(BIN / "node", CLIENTS / "cycle.ts", service.base_url.removesuffix("/"))


def test_a_python_client_goes_through_a_whole_cycle(service):
    package = GENERATED / "nbexchange_client"
    options = ["--meta", "none", "--overwrite", "--output-path", package, "--config", CLIENTS / "python.yaml"]
    generator = Path(sys.executable).with_name("openapi-python-client")
    said = run(generator, "generate", "--path", REPOSITORY / "docs" / "openapi.json", *options)
    assert "Warning" not in said, said
    program = CLIENTS / "cycle.py"
    path = str(GENERATED)
    run(sys.executable, "-m", "mypy", "--strict", program, "--cache-dir", GENERATED / "mypy", MYPYPATH=path)
    run(sys.executable, program, service.base_url.removesuffix("/"), PYTHONPATH=path)
