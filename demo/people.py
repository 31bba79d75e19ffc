"""The people of the demo: each has a home, a token, and runs nbgrader in processes of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CLASSES = {
    "exchange": "Exchange",
    "list": "ExchangeList",
    "release_assignment": "ExchangeReleaseAssignment",
    "fetch_assignment": "ExchangeFetchAssignment",
    "submit": "ExchangeSubmit",
    "collect": "ExchangeCollect",
    "release_feedback": "ExchangeReleaseFeedback",
    "fetch_feedback": "ExchangeFetchFeedback",
}
_OURS = ("NBEX_", "NAAS_", "JUPYTER", "NBGRADER_")


class NbgraderFailed(Exception):
    """A command of nbgrader ended with a failure."""


@dataclass
class Person:
    """Somebody whose name is also their token, as the demo sign-in has it."""

    name: str
    folder: Path
    service_url: str

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        lines = [f"c.ExchangeFactory.{key} = 'nbexchange.plugin.{kind}'" for key, kind in CLASSES.items()]
        (self.folder / "nbgrader_config.py").write_text("\n".join(["c = get_config()", *lines, ""]))

    @property
    def credentials(self) -> dict[str, str]:
        """What the plugin needs in the environment."""
        return {"NBEX_SERVICE_URL": self.service_url, "NBEX_TOKEN": self.name}

    def nbgrader(self, *arguments: str) -> list[str]:
        """Run nbgrader in the person's folder; answer the lines that it logged, with paths relative to there.

        Raises `NbgraderFailed`.
        """
        env = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        env |= {**self.credentials, "HOME": str(self.folder), "USER": self.name, "LOGNAME": self.name}
        # nbgrader starts alembic by its bare name.
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "nbgrader", *arguments],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0:
            raise NbgraderFailed(f"{self.name}: nbgrader {' '.join(arguments)}\n{done.stdout}")
        lines = done.stdout.replace(f"{self.folder}/", "").splitlines()
        return [line.partition("] ")[2] or line for line in lines if line.strip()]
