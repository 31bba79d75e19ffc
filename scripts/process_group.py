"""Runs a program so that nothing of it is left afterwards."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_GRACE_SECONDS = 10
_running: set[subprocess.Popen] = set()


@dataclass
class Ended:
    """How a program ended: 124 where it was stopped because its time was over."""

    status: int
    seconds: float
    # What it and its children have computed: the same on a busy machine.
    cpu_seconds: float


def run_in_group(command: Sequence[str], *, minutes: float, tell: Callable[[str], object]) -> Ended:
    """Run it in a process group of its own, hand every line of its output to `tell`, and answer how it ended.

    What it leaves behind is stopped; after `minutes` it is stopped itself.
    """
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    _running.add(process)
    reader = threading.Thread(target=_pass_on, args=(process, tell), daemon=True)
    reader.start()
    too_late = threading.Event()
    timer = threading.Timer(minutes * 60, _stop_late, args=(process, too_late))
    timer.daemon = True
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    timer.cancel()
    _stop_group(process)
    _running.discard(process)
    reader.join()
    if too_late.is_set():
        tell(f"--- stopped after {minutes} minutes\n")
    ended = 124 if too_late.is_set() else process.returncode
    return Ended(ended, time.monotonic() - start, usage.ru_utime + usage.ru_stime)


def stop_all() -> None:
    """Stop what runs now, in whichever thread; each `run_in_group` then returns."""
    for process in list(_running):
        _stop_group(process)


def _pass_on(process: subprocess.Popen, tell: Callable[[str], object]) -> None:
    with process.stdout:
        for line in process.stdout:
            tell(line)


def _stop_late(process: subprocess.Popen, too_late: threading.Event) -> None:
    too_late.set()
    _stop_group(process)


def _stop_group(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(process.pid, sign)
            _wait_for_group(process)


def _wait_for_group(process: subprocess.Popen) -> None:
    """Raise `ProcessLookupError` as soon as nothing is left of it."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline:
        os.killpg(process.pid, 0)
        time.sleep(0.05)
