"""What is wrong between this notebook server and the exchange, and what to do about it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.exchange import ExchangeError
from traitlets.config import Config

from .assignments import is_released, list_assignments
from .client import Json
from .exchange import Exchange
from .version import __version__

_CLASSES = (
    "exchange",
    "list",
    "release_assignment",
    "fetch_assignment",
    "submit",
    "collect",
    "release_feedback",
    "fetch_feedback",
)


@dataclass
class Finding:
    """One thing that was looked at; `advice` says what to do where it is ill."""

    about: str
    ok: bool
    found: str
    advice: str = ""


def main(arguments: list[str]) -> int:
    """Print what is found, with nbgrader's configuration of this folder. Answer 1 where anything is ill."""
    parser = argparse.ArgumentParser(prog="python -m nbexchange.plugin", description=__doc__)
    parser.add_argument("command", choices=["doctor"])
    parser.add_argument("--course", default="", help="tell about this course")
    parser.add_argument("--assignment", default="", help="tell why this assignment is or is not to be seen")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    given = parser.parse_args(arguments)
    findings = list(examine(_configuration(), given.course, given.assignment))
    if given.json:
        print(json.dumps({"findings": [asdict(one) for one in findings]}, indent=2))  # noqa: T201
    else:
        sys.stdout.write("".join(map(_as_text, findings)))
    return 0 if all(one.ok for one in findings) else 1


def examine(config: Config, course: str, assignment: str) -> Iterator[Finding]:
    """Answer the findings one by one; what rests on something ill is not looked at."""
    yield _plugin(config)
    exchange = Exchange(config=config)
    address = _told("service", "Set c.Exchange.service_url or NBEX_SERVICE_URL.", exchange.service_root)
    yield address
    if not address.ok:
        return
    yield _credentials(exchange)
    me: Json = {}

    def who() -> str:
        me.update(exchange.client.get("me"))
        return f"{me['name']} of organisation {me['org_id']}"

    signed_in = _told("sign-in", "Start your server again; if that does not help, tell your operator.", who)
    yield signed_in
    if signed_in.ok:
        yield _courses(me, course)
        if course and assignment:
            yield _assignment(exchange, course, assignment)


def _configuration() -> Config:
    """Answer what nbgrader would read here."""
    app = NbGraderApp()
    app.load_config_file()
    config: Config = app.config
    return config


def _told(about: str, advice: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(about, True, look())
    except ExchangeError as error:
        return Finding(about, False, str(error), advice)


def _plugin(config: Config) -> Finding:
    factory = config.get("ExchangeFactory", {})
    others = [name for name in _CLASSES if "nbexchange.plugin" not in _name_of(factory.get(name, ""))]
    if not others:
        return Finding("plugin", True, f"version {__version__}, in use for all of the exchange")
    advice = "Set c.ExchangeFactory in nbgrader_config.py for each, as docs/nbgrader.md shows."
    return Finding("plugin", False, f"not in use for {', '.join(others)}", advice)


def _name_of(kind: object) -> str:
    return f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else str(kind)


def _credentials(exchange: Exchange) -> Finding:
    make: Any = exchange.api_plugin_class
    _, cookies, headers = make(parent=exchange).prep_api_call("")
    sent = [*(f"the cookie {name}" for name in cookies or {}), *(headers or {})]
    if sent:
        return Finding("credentials", True, ", ".join(sent))
    variables = "JUPYTERHUB_API_TOKEN, NBEX_TOKEN or NAAS_JWT"
    return Finding("credentials", False, "none", f"Set {variables}, or c.Exchange.api_plugin_class.")


def _courses(me: Json, course: str) -> Finding:
    mine = {one["course_id"]: one["role"] for one in me["courses"]}
    if course and course not in mine:
        advice = "Names count to the letter; ask who runs the course to put you in."
        return Finding("courses", False, f"you are not in {course}", advice)
    if not mine:
        return Finding("courses", False, "you are in no course", "Ask who runs your course to put you in.")
    listed = (f"{name} ({role})" for name, role in sorted(mine.items()) if course in ("", name))
    return Finding("courses", True, ", ".join(listed))


def _assignment(exchange: Exchange, course: str, assignment: str) -> Finding:
    about = f"assignment {assignment}"
    found = list_assignments(exchange.client, None, course=course)
    one = next((one for one in found if one["assignment_id"] == assignment), None)
    if one is None:
        names = ", ".join(other["assignment_id"] for other in found) or "none"
        return Finding(about, False, f"not to be seen in {course}", f"To be seen there: {names}.")
    if not is_released(one):
        return Finding(about, False, "not released now", "Its instructor must release it.")
    folder = os.path.relpath(exchange.work_folder(course, assignment))
    state = f"fetched at {one['fetched_at']}" if one["fetched_at"] else "not fetched yet"
    return Finding(about, True, f"released, {state}; its folder is {folder}")


def _as_text(finding: Finding) -> str:
    line = f"{'ok  ' if finding.ok else 'ILL '} {finding.about}: {finding.found}\n"
    return f"{line}     {finding.advice}\n" if finding.advice else line
