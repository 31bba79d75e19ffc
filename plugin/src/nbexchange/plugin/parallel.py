"""The same work for many students at once; one that fails does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from .failures import PlainFailure, ServiceFailure, describe

_WORKERS = 8
# After so many failures in a row to reach the service, the rest is not tried: each would wait in vain.
_HOPELESS = 3

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Outcome(Generic[T, R]):
    """What became of one item: `failure` is one line, or None and then `result` counts."""

    item: T
    result: R | None
    failure: str | None


def in_parallel(items: Sequence[T], work: Callable[[T], R], title: str) -> Iterator[Outcome[T, R]]:
    """Do `work` for every item, eight at a time, and answer the outcomes in the order of the items.

    On a terminal, `title` and a count show how far it is. What is not a plain failure of one item is raised.
    """
    runner = _Runner(work)
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="nbexchange") as pool:
        futures: list[Future[Outcome[T, R]]] = [pool.submit(runner.run, item) for item in items]
        progress = _Progress(title, len(items))
        try:
            for done, future in enumerate(futures):
                progress.show(done)
                outcome = future.result()
                progress.clear()
                yield outcome
        finally:
            progress.clear()
            for future in futures:
                future.cancel()


class _Runner(Generic[T, R]):
    def __init__(self, work: Callable[[T], R]) -> None:
        self._work = work
        self._unreached = 0

    def run(self, item: T) -> Outcome[T, R]:
        if self._unreached >= _HOPELESS:
            return Outcome(item, None, "not tried, because the exchange cannot be reached")
        try:
            result = self._work(item)
        except ServiceFailure as failure:
            self._unreached = self._unreached + 1 if failure.status is None else 0
            return Outcome(item, None, str(failure))
        except PlainFailure as failure:
            return Outcome(item, None, str(failure))
        except OSError as error:
            return Outcome(item, None, describe(error))
        self._unreached = 0
        return Outcome(item, result, None)


class _Progress:
    """One line that is written over itself; nothing where nobody looks."""

    def __init__(self, title: str, total: int) -> None:
        self._on = total > 1 and sys.stderr is not None and sys.stderr.isatty()
        self._title = title
        self._total = total

    def show(self, done: int) -> None:
        if self._on:
            filled = done * 30 // self._total
            bar = "#" * filled + "." * (30 - filled)
            sys.stderr.write(f"\r{self._title} [{bar}] {done}/{self._total}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
