"""How many checks a step of the tests has passed, failed and skipped."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree


@dataclass
class Counts:
    """Of what was skipped, name and reason."""

    passed: int = 0
    failed: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


def from_exit_code(status: int) -> Counts:
    """A step that is one check."""
    return Counts(passed=1) if status == 0 else Counts(failed=1)


def from_last_line(line: str) -> Counts:
    """A step that ends with `N passed, N failed`; anything else is one failure."""
    found = re.fullmatch(r"(\d+) passed, (\d+) failed", line.strip())
    return Counts(int(found[1]), int(found[2])) if found else Counts(failed=1)


def from_junit(report: Path) -> Counts:
    """A step that writes a JUnit report, as vitest and pytest do; no tests at all is one failure."""
    if not report.is_file():
        return Counts(failed=1)
    counts = Counts()
    # A report that our own test runners wrote a moment ago.
    for case in ElementTree.parse(report).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failed += 1
        elif skipped is not None:
            reason = skipped.get("message") or "no reason is given"
            counts.skipped.append((f"{case.get('classname')} {case.get('name')}", reason))
        else:
            counts.passed += 1
    return counts if counts.passed or counts.failed else Counts(failed=1, skipped=counts.skipped)
