"""Runs a program so that nothing of it is left afterwards."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence

_GRACE_SECONDS = 10


def run_in_group(command: Sequence[str], *, minutes: float) -> tuple[int, str]:
    """Run it in a process group of its own and pass its output on; answer exit code and last line.

    What it leaves behind is stopped, also when we are interrupted. After `minutes` it is stopped, with 124.
    """
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
    last: deque[str] = deque([""], maxlen=1)
    reader = threading.Thread(target=_pass_on, args=(process, last), daemon=True)
    reader.start()
    try:
        status = process.wait(timeout=minutes * 60)
    except subprocess.TimeoutExpired:
        print(f"--- stopped after {minutes} minutes", flush=True)
        status = 124
    finally:
        _stop_group(process)
    reader.join()
    return status, last[0]


def _pass_on(process: subprocess.Popen, last: deque[str]) -> None:
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if line.strip():
            last.append(line)


def _stop_group(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(process.pid, sign)
            _wait_for_group(process)


def _wait_for_group(process: subprocess.Popen) -> None:
    """Raise `ProcessLookupError` as soon as nothing is left of it."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline:
        process.poll()
        os.killpg(process.pid, 0)
        time.sleep(0.05)
