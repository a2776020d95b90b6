import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.wiring.supervisor import MOST_DEATHS, Child, Supervisor

PYTHON = sys.executable
SLEEPS = [PYTHON, "-c", "import sys; sys.stdin.read()"]


def until(condition: Callable[[], bool], supervisor: Supervisor | None = None, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if supervisor is not None:
            supervisor.watch()
        if condition():
            return True
        time.sleep(0.02)
    return False


def pid_of(supervisor: Supervisor, name: str) -> int:
    process = supervisor.children[name].process
    assert process is not None
    return process.pid


def test_a_killed_process_is_started_again_and_the_rest_goes_on() -> None:
    supervisor = Supervisor([Child("a", SLEEPS), Child("b", SLEEPS)])
    supervisor.start()
    first, other = pid_of(supervisor, "a"), pid_of(supervisor, "b")
    os.kill(first, signal.SIGKILL)
    assert until(lambda: supervisor.children["a"].deaths == 1, supervisor)
    assert until(lambda: "a" in supervisor.alive(), supervisor)
    assert pid_of(supervisor, "a") != first
    assert pid_of(supervisor, "b") == other
    assert supervisor.stop() == []
    assert supervisor.alive() == []


def test_one_that_dies_again_and_again_is_given_up_with_its_reason() -> None:
    child = Child("broken", [PYTHON, "-c", "raise SystemExit(3)"])
    supervisor = Supervisor([child, Child("sound", SLEEPS)])
    supervisor.start()
    child.deaths = MOST_DEATHS - 1
    assert until(lambda: child.given_up, supervisor)
    assert child.reason == "exit code 3"
    assert supervisor.alive() == ["sound"]
    supervisor.stop()


def test_a_wrong_configuration_is_not_tried_again() -> None:
    child = Child("misconfigured", [PYTHON, "-c", f"raise SystemExit({os.EX_CONFIG})"])
    supervisor = Supervisor([child])
    supervisor.start()
    assert until(lambda: child.given_up, supervisor)
    assert child.deaths == 1


def test_a_process_that_finishes_is_no_death() -> None:
    child = Child("feeds", [PYTHON, "-c", ""], finishes=True)
    supervisor = Supervisor([child])
    supervisor.start()
    assert until(lambda: child.finished, supervisor)
    assert child.deaths == 0


def test_children_die_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    child = (
        "import os, sys, pathlib, threading\n"
        "from pipelines.wiring.supervisor import stop_event\n"
        f"pathlib.Path({str(pids)!r}).write_text(str(os.getpid()))\n"
        "stop_event(watch_stdin=True).wait()\n"
    )
    parent = (
        "import sys, time\n"
        "from pipelines.wiring.supervisor import Child, Supervisor\n"
        f"Supervisor([Child('x', [sys.executable, '-c', {child!r}])]).start()\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([PYTHON, "-c", parent])
    assert until(lambda: pids.exists() and pids.read_text() != "")
    pid = int(pids.read_text())
    process.kill()
    process.wait()
    assert until(lambda: _gone(pid))


def _gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"
