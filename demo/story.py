"""Tells what happens: each step with what came of it and how long it took, and what was checked."""

import time
from collections.abc import Callable, Iterable


class Story:
    """Prints steps, and counts the checks that held and that did not."""

    def __init__(self) -> None:
        self._number = 0
        self.passed = 0
        self.failed = 0

    def step(self, title: str, do: Callable[[], Iterable[str]]) -> list[str]:
        """Do one step and show the lines that it answers; answer them."""
        self._number += 1
        start = time.monotonic()
        lines = list(do())
        print(f"{self._number:2}. {title:78}{time.monotonic() - start:6.1f} s", flush=True)
        for line in lines:
            print(f"      {line}", flush=True)
        return lines

    def check(self, what: str, holds: bool) -> None:
        """Count one check."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        print(f"      {'ok  ' if holds else 'FAIL'} {what}", flush=True)
