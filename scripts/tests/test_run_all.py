"""The run of all checks counts right, tells how to repeat what failed, and leaves nothing behind."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import run_all
from report import report
from steps import Step, _pytest, _vitest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder of its own, and no CI."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def last_lines(steps: list[Step], capsys) -> tuple[int, list[str]]:
    """The exit code, and what is said after the table."""
    code = report(list(run_all.run(steps)))
    return code, capsys.readouterr().out.strip().splitlines()


@pytest.mark.parametrize("alone", [True, False])
def test_a_step_that_fails_is_counted_and_those_after_it_still_run(capsys, alone):
    steps = [
        Step("fails", python("raise SystemExit(3)"), alone=alone),
        Step("says too little", python("print('all is well')"), counts_itself=True, alone=alone),
        Step("counts", python("print('3 passed, 2 failed'); exit(1)"), counts_itself=True, alone=alone),
        Step("lies", python("print('1 passed, 0 failed'); exit(1)"), counts_itself=True, alone=alone),
        Step("has no report", python(""), junit=Path("none.xml"), alone=alone),
        Step("is well", python("print('hello')"), alone=alone),
    ]
    code, lines = last_lines(steps, capsys)
    assert (code, lines[-1]) == (1, "5 passed, 6 failed")
    assert [line for line in lines if line.startswith("FAILED ")] == [
        f"FAILED {name}" for name in ("fails", "says too little", "counts", "lies", "has no report")
    ]
    assert "hello" in lines


def test_where_all_is_well_nothing_but_the_sum_stands_in_the_end(capsys):
    code, lines = last_lines([Step("is well", python(""))], capsys)
    assert (code, lines[-1]) == (0, "1 passed, 0 failed")
    assert lines[-2].startswith("is well ")


def test_what_a_step_says_of_its_failures_and_its_seed_stands_in_the_end(capsys):
    code = "print('seed 7'); print('ok  one'); print('FAIL two: lost'); print('1 passed, 1 failed'); exit(1)"
    _, lines = last_lines([Step("rig", python(code), counts_itself=True)], capsys)
    assert lines[-4:-1] == ["FAILED rig", "       two: lost", lines[-2]]
    assert lines[-2].endswith(" --seed 7")


def test_what_was_skipped_is_named_and_counts_as_failed_in_ci(capsys, monkeypatch, here):
    (here / "test_it.py").write_text(
        "import pytest\n@pytest.mark.skip(reason='no disk')\ndef test_a(): pass\ndef test_b(): pass\n"
    )
    shutil.copytree(REPOSITORY / "plugin", here / "plugin", ignore=lambda folder, names: {"src", "tests"})
    code, lines = last_lines([_pytest("stories", "test_it.py", run_all.REPORTS)], capsys)
    assert (code, lines[-1]) == (0, "1 passed, 0 failed")
    assert re.search(r"skipped: .*test_a: no disk", "\n".join(lines))
    monkeypatch.setenv("CI", "true")
    code, lines = last_lines([_pytest("stories", "test_it.py", run_all.REPORTS)], capsys)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed")


def repeated(lines: list[str]) -> subprocess.CompletedProcess:
    """Run the command that stands below what failed."""
    at = max(number for number, line in enumerate(lines) if line.startswith("FAILED "))
    return subprocess.run(
        shlex.split(lines[at + 1]), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_a_failed_test_of_pytest_is_repeated_by_the_command_below_it(capsys, here):
    shutil.copytree(REPOSITORY / "plugin", here / "plugin", ignore=lambda folder, names: {"src", "tests"})
    (here / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('name', ['a b', \"it's [this]\", 'c'])\n"
        "def test_names(name): assert '[' not in name\n"
    )
    _, lines = last_lines([_pytest("stories", "test_it.py", run_all.REPORTS)], capsys)
    assert lines[-1] == "2 passed, 1 failed"
    again = repeated(lines)
    assert again.returncode == 1
    assert "1 failed" in again.stdout
    assert "passed" not in again.stdout


def test_a_failed_test_of_vitest_is_repeated_by_the_command_below_it(capsys, monkeypatch):
    """With the config of the service, in a folder from which vitest is found."""
    folder = REPOSITORY / ".build" / f"test-of-run-all-{os.getpid()}"
    tests = folder / "server" / "test"
    tests.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{REPOSITORY}/node_modules/.bin", prepend=os.pathsep)
    try:
        shutil.copy(REPOSITORY / "server/vitest.config.ts", folder / "server")
        (tests / "it.test.ts").write_text(
            "import { describe, expect, test } from 'vitest'\n"
            "describe('a (group)', () => {\n"
            "  test.each(['a', \"it's > [this]\", 'c'])('%s?', (name) => expect(name).not.toContain('['))\n"
            "})\n"
        )
        _, lines = last_lines([_vitest("service", run_all.REPORTS)], capsys)
        assert lines[-1] == "2 passed, 1 failed"
        again = repeated(lines)
        assert again.returncode == 1
        assert re.search(r"Tests +1 failed \| 2 skipped", re.sub(r"\x1b\[\d+m", "", again.stdout))
    finally:
        shutil.rmtree(folder)


RUN = f"""
import sys
sys.path.insert(0, {str(REPOSITORY / "scripts")!r})
import signal, run_all
from steps import Step
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
code = "import os, time; print(os.getpid(), file=open(sys.argv[1], 'w'))".replace("sys.argv[1]", "{{0!r}}")
write = lambda name: code.format(name) + "; time.sleep(600)"
list(run_all.run([Step(str(n), [sys.executable, "-c", write(f"pid{{n}}")], alone=ALONE) for n in (1, 2)]))
"""


@pytest.mark.parametrize(("alone", "files"), [(True, ["pid1"]), (False, ["pid1", "pid2"])])
def test_who_stops_the_run_stops_what_it_has_started(here, alone, files):
    process = subprocess.Popen([sys.executable, "-c", RUN.replace("ALONE", str(alone))], cwd=here)
    wait_until(lambda: all((here / name).exists() and (here / name).read_text() for name in files))
    pids = [int((here / name).read_text()) for name in files]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 143
    assert [pid for pid in pids if is_alive(pid)] == []


def test_what_a_step_leaves_behind_is_stopped(here):
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, file=open('pid', 'w'))"
    list(run_all.run([Step("leaves", python(code))]))
    assert not is_alive(int((here / "pid").read_text()))


def test_a_step_that_takes_too_long_is_stopped_and_has_failed(capsys):
    _, lines = last_lines([Step("sleeps", ["sleep", "600"], minutes=0.01)], capsys)
    assert lines[-1] == "0 passed, 1 failed"


def wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
