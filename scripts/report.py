"""What a run of the checks says in its end."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from counts import Counts, Test
from process_group import Ended
from steps import Step

SLOWEST = 10


@dataclass
class Result:
    """How a step ended; `told` are its lines that name what failed, and the seed of its random numbers."""

    step: Step
    ended: Ended
    counts: Counts
    told: list[str]


def report(results: list[Result]) -> int:
    """Print the table, the slowest files, what was skipped, what failed and the sum; answer the exit code."""
    print(f"\n{'step':50}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}{'cpu':>7}")
    for result in results:
        counts, ended = result.counts, result.ended
        numbers = f"{counts.passed:8}{counts.failed:8}{len(counts.skipped):9}"
        print(f"{result.step.name:50}{numbers}{ended.seconds:9.1f}{ended.cpu_seconds:7.0f}")
    _print_slowest(results)
    skipped = [test for result in results for test in result.counts.skipped]
    for name, reason in skipped:
        print(f"skipped: {name}: {reason}")
    failed = sum(result.counts.failed for result in results)
    _print_failures(results)
    if skipped and os.environ.get("CI"):
        print("In CI nothing may be skipped: each counts as failed.")
        failed += len(skipped)
    print(f"{sum(result.counts.passed for result in results)} passed, {failed} failed")
    return 1 if failed else 0


def _print_slowest(results: list[Result]) -> None:
    files = [(seconds, file) for result in results for file, seconds in result.counts.seconds.items() if file]
    if files:
        print("\nThe slowest files, in seconds of their tests:")
    for seconds, file in sorted(files, reverse=True)[:SLOWEST]:
        print(f"{seconds:8.1f}  {file}")


def _print_failures(results: list[Result]) -> None:
    failed = [result for result in results if result.counts.failed]
    if failed:
        print("\nWhat failed, and how to repeat just that (export PATH=$PWD/node_modules/.bin:$PATH):")
    for result in failed:
        if result.step.one and result.counts.failures:
            _print_tests(result.step, result.counts.failures)
        else:
            _print_step(result)


def _print_tests(step: Step, failures: list[Test]) -> None:
    for test in failures:
        # What belongs to no file, as a promise that nobody looked after, is repeated with all of them.
        command = step.one(test) if step.one and test.file else step.command
        print(f"FAILED {step.name}: {test}\n    {_line(command)}")


def _print_step(result: Result) -> None:
    print(f"FAILED {result.step.name}")
    seed: list[str] = []
    for line in result.told:
        word, _, rest = line.partition(" ")
        if word == "seed":
            seed = ["--seed", rest]
        else:
            print(f"       {rest.strip()}")
    print(f"    {_line([*result.step.command, *seed])}")


def _line(command: list[str]) -> str:
    python = os.path.relpath(sys.executable)
    words = [python if word == sys.executable else word for word in command]
    here = f"{Path.cwd()}{os.sep}"
    return shlex.join(word.replace(here, "") for word in words)
