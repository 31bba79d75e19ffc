"""Reads our Dockerfile: just the instructions that it uses."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


class NotUnderstood(Exception):
    """An instruction that is not one of those that we use, or is written in a way that we do not read."""


@dataclass
class Stage:
    """One `FROM`, with what a container of it is started with."""

    image: str
    name: str | None
    steps: list[tuple[str, str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    volumes: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def stages_of(dockerfile: Path) -> list[Stage]:
    """Answer the stages in their order. `steps` are WORKDIR, COPY and RUN, as written."""
    stages: list[Stage] = []
    for word, rest in _instructions(dockerfile.read_text()):
        if word == "FROM":
            image, *alias = rest.split()
            stages.append(Stage(image, alias[1] if alias else None))
        else:
            _read(stages[-1], word, rest)
    return stages


def _instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in whole.splitlines() if line.strip()]


def _read(stage: Stage, word: str, rest: str) -> None:
    match word:
        case "COPY" | "RUN":
            stage.steps.append((word, rest))
        case "WORKDIR":
            stage.steps.append((word, rest))
            stage.workdir = rest
        case "ENV":
            stage.env |= _pairs(rest)
        case "LABEL":
            stage.labels |= _pairs(rest)
        case "USER":
            stage.user = rest
        case "VOLUME":
            stage.volumes += rest.split()
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        case "CMD":
            stage.command = json.loads(rest)
        case "HEALTHCHECK":
            stage.health = json.loads(rest.split(" CMD ", 1)[1])
        case "ARG" | "EXPOSE":
            pass
        case _:
            raise NotUnderstood(f"{word} {rest}")


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(text))
