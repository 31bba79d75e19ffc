"""Run the checks of this repository, one after the other, and count.

`run_all.py check|test|torture`. The last line is `N passed, N failed`; the exit code is 0 only when nothing
failed. With CI set in the environment nothing may be skipped either.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from counts import Counts, from_exit_code, from_junit, from_last_line
from process_group import run_in_group
from steps import Step, steps_of

REPORTS = Path(".build/reports")


@dataclass
class Result:
    """How a step ended."""

    step: Step
    seconds: float
    counts: Counts = field(default_factory=Counts)


def main(kind: str) -> int:
    """Answer the exit code of the program."""
    os.chdir(Path(__file__).resolve().parents[1])
    REPORTS.mkdir(parents=True, exist_ok=True)
    # So that what we have started is stopped, whoever stops us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    steps = steps_of(kind, REPORTS)
    return _report([_run(step, f"{number}/{len(steps)}") for number, step in enumerate(steps, 1)])


def _run(step: Step, number: str) -> Result:
    print(f"\n=== {number} {step.name}: {' '.join(step.command)}", flush=True)
    if step.junit:
        step.junit.unlink(missing_ok=True)
    start = time.monotonic()
    status, last_line = run_in_group(step.command, minutes=step.minutes)
    seconds = time.monotonic() - start
    if step.junit:
        counts = from_junit(step.junit)
    elif step.counts_itself:
        counts = from_last_line(last_line)
    else:
        counts = from_exit_code(status)
    if status != 0 and counts.failed == 0:
        print(f"--- {step.name} ended with {status}", flush=True)
        counts.failed = 1
    return Result(step, seconds, counts)


def _report(results: list[Result]) -> int:
    print(f"\n{'step':50}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for result in results:
        counts = result.counts
        numbers = f"{counts.passed:8}{counts.failed:8}{len(counts.skipped):9}{result.seconds:9.1f}"
        print(f"{result.step.name:50}{numbers}")
    skipped = [test for result in results for test in result.counts.skipped]
    for name, reason in skipped:
        print(f"skipped: {name}: {reason}")
    failed = sum(result.counts.failed for result in results)
    if skipped and os.environ.get("CI"):
        print("In CI nothing may be skipped: each counts as failed.")
        failed += len(skipped)
    print(f"{sum(result.counts.passed for result in results)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
