"""Run the checks of this repository and count.

`run_all.py check|test|torture`. Steps that keep one processor busy run two at a time; what each prints
appears when it ends. A step that failed does not keep the others from running. In the end all failures are
listed, each with the command that repeats just that. The last line is `N passed, N failed`; the exit code is
0 only when nothing failed. With CI set in the environment nothing may be skipped either.
"""

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from counts import from_exit_code, from_junit, from_last_line
from process_group import run_in_group, stop_all
from report import Result, report
from steps import Step, steps_of

REPORTS = Path(".build/reports")
AT_ONCE = 2


def main(kind: str) -> int:
    """Answer the exit code of the program."""
    os.chdir(Path(__file__).resolve().parents[1])
    # Where Node keeps what it has made of our sources, so that programs of ours start sooner.
    os.environ.setdefault("NODE_COMPILE_CACHE", str(Path(".build/node-cache").absolute()))
    # So that what we have started is stopped, whoever stops us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return report(list(run(steps_of(kind, REPORTS))))


def run(steps: list[Step]) -> Iterator[Result]:
    """Run all steps, in their order; those that are not `alone` beside their neighbours."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for alone, neighbours in groupby(steps, lambda step: step.alone):
                some = list(neighbours)
                if alone:
                    # In a thread of its own: this one may be interrupted, and somebody must see how it ends.
                    yield from (pool.submit(_run_alone, step).result() for step in some)
                else:
                    yield from pool.map(_run_beside, some)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop_all()
            raise


def _run_alone(step: Step) -> Result:
    _say(_title(step))
    return _run(step, _say)


def _run_beside(step: Step) -> Result:
    """Its output in one piece, so that nobody has to tell two steps apart."""
    lines: list[str] = []
    result = _run(step, lines.append)
    _say(_title(step) + "".join(lines))
    return result


def _run(step: Step, show: Callable[[str], object]) -> Result:
    if step.junit:
        step.junit.unlink(missing_ok=True)
    last: deque[str] = deque([""], maxlen=1)
    told: list[str] = []

    def tell(line: str) -> None:
        show(line)
        if line.strip():
            last.append(line)
        if line.startswith(("FAIL ", "seed ")):
            told.append(line.strip())

    ended = run_in_group(step.command, minutes=step.minutes, tell=tell)
    if step.junit:
        counts = from_junit(step.junit)
    elif step.counts_itself:
        counts = from_last_line(last[0])
    else:
        counts = from_exit_code(ended.status)
    if ended.status != 0 and counts.failed == 0:
        show(f"--- {step.name} ended with {ended.status}\n")
        counts.failed = 1
    return Result(step, ended, counts, told)


def _title(step: Step) -> str:
    return f"\n=== {step.name}: {' '.join(step.command)}\n"


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
