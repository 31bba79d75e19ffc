"""How many checks a step of the tests has passed, failed and skipped."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Test:
    """One test of a JUnit report: its file, the class or project that it belongs to, and its name."""

    file: str
    group: str
    name: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.group, self.file, self.name)))


@dataclass
class Counts:
    """How many passed and failed; what failed; what was skipped, with the reason; seconds by file."""

    passed: int = 0
    failed: int = 0
    failures: list[Test] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


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
        test = Test(case.get("file", ""), case.get("classname", ""), case.get("name", ""))
        _count(counts, test, case)
    return counts if counts.passed or counts.failed else Counts(failed=1, skipped=counts.skipped)


def _count(counts: Counts, test: Test, case: ElementTree.Element) -> None:
    skipped = case.find("skipped")
    counts.seconds[test.file] = counts.seconds.get(test.file, 0) + float(case.get("time", 0))
    if case.find("failure") is not None or case.find("error") is not None:
        counts.failed += 1
        counts.failures.append(test)
    elif skipped is not None:
        counts.skipped.append((str(test), skipped.get("message") or "no reason is given"))
    else:
        counts.passed += 1
