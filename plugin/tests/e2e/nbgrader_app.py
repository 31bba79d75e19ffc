"""Runs nbgrader's command line inside this process: a start of its own would take seconds each time."""

import contextlib
import functools
import io
import logging
import os
import sys
from pathlib import Path

import nbgrader.api
from jupyter_core.application import NoStart
from nbgrader.apps.nbgraderapp import NbGraderApp

# nbgrader starts alembic by its bare name, also where the virtual environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# For every new gradebook nbgrader asks alembic, in a process of its own, for the same thing.
nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)


def run_nbgrader(folder: Path, args: list[str], *, fails: bool) -> str:
    """Run it in `folder`; answer what it logged. The exit status must be as `fails` says."""
    log = io.StringIO()
    app = NbGraderApp.instance()
    status: object = 0
    with inside(folder):
        try:
            app.initialize(args)
            app.init_logging(logging.StreamHandler, [log], color=False, subapps=True)
            app.start()
        except NoStart:
            pass  # a subcommand ran
        except SystemExit as error:
            status = error.code or 0
        finally:
            app.reset()
    assert bool(status) == fails, f"nbgrader {' '.join(args)} ended with {status}:\n{log.getvalue()}"
    return log.getvalue()


@contextlib.contextmanager
def inside(folder: Path):
    """Be in `folder` for a while."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
