"""The demo: our service, and nbgrader's whole cycle through it with real notebooks.

`run.py` leaves the service up until Ctrl-C; `run.py --exit` stops after the cycle. That one ends with
`N passed, N failed`, and with exit code 0 only if nothing failed.
"""

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "scripts"))

from cycle import ASSIGNMENT, COURSE, Cycle  # noqa: E402
from people import NbgraderFailed  # noqa: E402
from running_service import RunningService, ServiceDidNotStart, running_service  # noqa: E402
from story import Story  # noqa: E402

PORT = "9000"


def main(*, stays_up: bool) -> int:
    """Answer the exit code, also when the service does not start or somebody stops us."""
    # So that the service is stopped, whoever stops us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _play(Story(), stays_up=stays_up)
    except ServiceDidNotStart as failure:
        print(failure)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130


def _play(story: Story, *, stays_up: bool) -> int:
    """Play the story; answer the exit code."""
    with _folder(stays_up=stays_up) as folder, _service(folder, stays_up=stays_up) as service:
        print(f"The service is up: {service.base_url} (files, database and log: {folder})\n", flush=True)
        cycle = Cycle(folder / "people", service.origin, story)
        try:
            cycle.run()
        except NbgraderFailed as failure:
            print(failure)
            story.failed += 1
        if stays_up:
            _tell_how_to_try(cycle, service)
    print(f"{story.passed} passed, {story.failed} failed")
    return 1 if story.failed else 0


@contextlib.contextmanager
def _folder(*, stays_up: bool):
    """A folder to look into afterwards, or a temporary one."""
    if not stays_up:
        with tempfile.TemporaryDirectory(prefix="nbexchange-demo-") as folder:
            yield Path(folder)
        return
    kept = REPOSITORY / "data" / "demo"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    yield kept


def _service(folder: Path, *, stays_up: bool) -> contextlib.AbstractContextManager[RunningService]:
    port = PORT if stays_up else "0"
    return running_service(folder, NBEX_USER_PLUGIN="demo", NBEX_PORT=port, NBEX_LOG_LEVEL="info")


def _tell_how_to_try(cycle: Cycle, service: RunningService) -> None:
    student = cycle.students[0]
    environment = " ".join(f"{name}={value}" for name, value in student.credentials.items())
    api = f"{service.base_url}api/v1"
    print(
        f"""
The service stays up until Ctrl-C. Everybody's name is their token: instructor, student1, student2, student3.

  As a student, in another terminal:
    cd {student.folder}
    export {environment}
    {Path(sys.executable).parent}/nbgrader list
    {Path(sys.executable).parent}/nbgrader submit {ASSIGNMENT} --course {COURSE}

  The API:
    curl -H 'Authorization: Bearer student1' {api}/assignments
    curl -H 'Authorization: Bearer instructor' {api}/submissions
    its description, in a browser: {service.base_url}docs
""",
        flush=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        service.process.wait()
    print("\nStopping.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exit", action="store_true", help="stop after the cycle")
    sys.exit(main(stays_up=not parser.parse_args().exit))
