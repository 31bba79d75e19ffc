"""What goes wrong, in one line that says what to do."""

from __future__ import annotations

import errno
import os

from nbgrader.exchange import ExchangeError


class PlainFailure(ExchangeError):
    """A failure whose text is one line for people. Nobody has logged it yet: `Exchange.start` does, once."""


class ArchiveFailure(PlainFailure):
    """An archive that is not taken: damaged, hostile, or too big."""


class ServiceFailure(PlainFailure):
    """The service refused, or could not be asked."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        reason: str | None = None,
        temporary: bool = False,
        timed_out: bool = False,
        retry_after: float = 0,
    ) -> None:
        """`status` is None without an answer; `code` and `reason` are the service's words (docs/errors.md).

        `temporary` says that the same call may well succeed later, `retry_after` in how many seconds.
        """
        super().__init__(message)
        self.status = status
        self.code = code
        self.reason = reason
        self.temporary = temporary
        self.timed_out = timed_out
        self.retry_after = retry_after


_ADVICE = {
    errno.ENOSPC: "Make some room, then try again.",
    errno.EDQUOT: "Your quota is used up: make some room, then try again.",
    errno.EACCES: "Check who may read and write there.",
    errno.EPERM: "Check who may read and write there.",
    errno.EROFS: "That disk can only be read.",
    errno.ENAMETOOLONG: "Shorten that name.",
}


def describe(error: OSError) -> str:
    """One line for what the operating system refused: where, why, and what helps."""
    reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    advice = _ADVICE.get(error.errno or 0, "")
    return f"{where}{reason}. {advice}".strip()
