"""However a build dies, nothing is left: no store, no shared memory, no process, no scratch."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from cohorts import compress
from processes import (
    assert_nothing_new_in_shared_memory,
    command_line,
    kill_session,
    members,
    shared_memory_entries,
    started,
    wait_until,
    workers,
)

import methcohort

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.timeout(240),
]
N_SAMPLES = 24
N_ROWS = 250_000
SLOW = "{deflate_level: 9, chunks: [8, 8192]}"


@dataclass(frozen=True)
class Job:
    """A build that takes long enough to be killed in the middle."""

    sheet: Path
    target: Path
    scratch: Path
    shared: set[str]

    @property
    def arguments(self) -> list[str | Path]:
        options = ["--workers", "2", "--memory", "400MB", "--config", SLOW]
        files = ["--samples", self.sheet, "--output", self.target, "--scratch", self.scratch]
        return ["build", *files, *options]

    def assert_nothing_left(self, *, temporary: bool = False, store: bool = False) -> None:
        """No store, no scratch, no shared memory; a killed parent may leave its temporary file."""
        assert list(self.scratch.iterdir()) == []
        beside = {path.name for path in self.target.parent.iterdir()}
        assert (self.target.name in beside) == store
        assert temporary or len(beside) == store, beside
        assert_nothing_new_in_shared_memory(self.shared)


@pytest.fixture(scope="module")
def big_sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples of a quarter million rows each, all with names of their own."""
    folder = tmp_path_factory.mktemp("big")
    rng = np.random.default_rng(1)
    pos = np.cumsum(rng.integers(1, 40, N_ROWS)).tolist()
    c, t = rng.integers(1, 30, N_ROWS).tolist(), rng.integers(0, 30, N_ROWS).tolist()
    rows = zip(pos, c, t, strict=True)
    text = "".join(f"chr1\t{p}\t{100 * a / (a + b):.6f}\t{a}\t{b}\n" for p, a, b in rows)
    first = folder / "s0.txt.gz"
    first.write_bytes(compress(text.encode(), "gzip"))
    for i in range(1, N_SAMPLES):
        os.link(first, folder / f"s{i}.txt.gz")
    lines = [f"s{i}\t{folder}/s{i}.txt.gz\tone\n" for i in range(N_SAMPLES)]
    sheet = folder / "samples.tsv"
    sheet.write_text("sample\tpath\tcohort\n" + "".join(lines))
    return sheet


@pytest.fixture
def job(big_sheet: Path, tmp_path: Path) -> Job:
    """One build with a target and a scratch of its own."""
    (tmp_path / "out").mkdir()
    (tmp_path / "scratch").mkdir()
    target = tmp_path / "out" / "store.h5"
    return Job(big_sheet, target, tmp_path / "scratch", shared_memory_entries())


@pytest.fixture(scope="module")
def whole(big_sheet: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[float, str]:
    """How long an undisturbed build takes, and the digest of its store."""
    folder = tmp_path_factory.mktemp("whole")
    job = Job(big_sheet, folder / "store.h5", folder, set())
    start = time.monotonic()
    subprocess.run(command_line(*job.arguments), check=True, capture_output=True, timeout=200)
    with methcohort.open_store(job.target) as store:
        return time.monotonic() - start, store.digest


@pytest.mark.parametrize("moment", [0.15, 0.35, 0.5, 0.65, 0.8, 0.95])
def test_kill_of_everything(job: Job, whole: tuple[float, str], moment: float) -> None:
    """kill -9 of the whole group at any moment: no store, or a whole one; no more left."""
    with started(*job.arguments) as process:
        time.sleep(whole[0] * moment)
        kill_session(process.pid)
        assert wait_until(lambda: not members(process.pid), 2)
    published = job.target.exists()
    job.assert_nothing_left(temporary=True, store=published)
    if published:  # the kill came after the rename: then the store is whole
        methcohort.verify(job.target)


def writing(job: Job) -> bool:
    """Whether a temporary file of some size lies beside the target."""
    return any(path.stat().st_size > 100_000 for path in job.target.parent.iterdir())


def test_next_run_succeeds_and_sweeps(job: Job, whole: tuple[float, str]) -> None:
    """After a kill in the middle of writing, the same command makes the store and cleans up."""
    with started(*job.arguments) as process:
        assert wait_until(lambda: writing(job), 60)
        kill_session(process.pid)
    job.assert_nothing_left(temporary=True)
    (left,) = job.target.parent.glob("*.tmp")
    again = subprocess.run(command_line(*job.arguments), check=True, capture_output=True, text=True)
    assert f"(process {process.pid} on " in again.stderr
    assert f"its temporary file {left.name} was removed" in again.stderr
    job.assert_nothing_left(store=True)
    with methcohort.open_store(job.target) as store:
        assert store.digest == whole[1]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_earlier_store_is_untouched(
    job: Job, how: signal.Signals, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """A killed or stopped build leaves the earlier store as it was."""
    small = job.target.parent.parent / "small.txt"
    small.write_text("chr1\t5\t50\t1\t1\n")
    sheet = small.with_suffix(".tsv")
    sheet.write_text(f"sample\tpath\tcohort\na\t{small}\tone\n")
    methcohort.build(sheet, job.target, workers=0)
    before = hashlib.sha256(job.target.read_bytes()).digest()
    with started(*job.arguments) as process:
        assert wait_until(lambda: len(list(job.target.parent.iterdir())) > 1, 60)
        os.killpg(process.pid, how)
        process.wait(20)
        assert wait_until(lambda: not members(process.pid), 5)
    assert hashlib.sha256(job.target.read_bytes()).digest() == before
    job.assert_nothing_left(store=True, temporary=how == signal.SIGKILL)
    assert run("verify", job.target).returncode == 0


def wait_for(moment: str, job: Job, pid: int) -> None:
    """Wait until a build has workers, reads, or writes."""
    assert wait_until(lambda: bool(workers(pid)), 60)
    if moment == "reading":
        time.sleep(0.3)
    elif moment == "writing":
        assert wait_until(lambda: writing(job), 60)


@pytest.mark.parametrize("moment", ["start", "reading", "writing"])
def test_kill_of_one_worker(job: Job, moment: str) -> None:
    """One dead worker ends the build within seconds, with one sentence."""
    with started(*job.arguments) as process:
        wait_for(moment, job, process.pid)
        victim = workers(process.pid)[0]
        os.kill(victim, signal.SIGKILL)
        _, message = process.communicate(timeout=10)
        assert wait_until(lambda: not members(process.pid), 2)
    assert process.returncode == 1
    assert "Traceback" not in message
    errors = [line for line in message.splitlines() if line.startswith("methcohort: error: ")]
    assert len(errors) == 1, message
    assert "worker" in errors[0].lower()
    job.assert_nothing_left()


@pytest.mark.parametrize("moment", ["start", "reading", "writing"])
def test_kill_of_the_parent(job: Job, moment: str) -> None:
    """Workers do not outlive their parent by two seconds."""
    with started(*job.arguments) as process:
        wait_for(moment, job, process.pid)
        os.kill(process.pid, signal.SIGKILL)
        assert wait_until(lambda: not members(process.pid), 2), members(process.pid)
    job.assert_nothing_left(temporary=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whom", ["parent", "group"])
@pytest.mark.parametrize("moment", ["early", "reading", "writing"])
def test_signals(job: Job, how: signal.Signals, whom: str, moment: str) -> None:
    """Ctrl-C and a polite stop: exit status 128 + n, and nothing at all is left."""
    with started(*job.arguments) as process:
        assert wait_until(lambda: len(members(process.pid)) > 1, 60)
        if moment == "reading":
            assert wait_until(lambda: bool(workers(process.pid)), 60)
            time.sleep(0.3)
        elif moment == "writing":
            assert wait_until(lambda: writing(job), 60)
        (os.kill if whom == "parent" else os.killpg)(process.pid, how)
        _, message = process.communicate(timeout=20)
        assert wait_until(lambda: not members(process.pid), 2)
    assert process.returncode == 128 + how, message
    assert "Traceback" not in message
    job.assert_nothing_left()


def limited(kind: int, value: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command under a limit of the system."""
    return subprocess.run(
        command_line(*arguments),
        capture_output=True,
        text=True,
        timeout=200,
        preexec_fn=lambda: resource.setrlimit(kind, (value, value)),
    )


def test_few_open_files(tmp_path: Path) -> None:
    """Hundreds of samples need no more open files than one."""
    (tmp_path / "scratch").mkdir()
    lines = ["sample\tpath\tcohort"]
    for i in range(300):
        (tmp_path / f"{i}.txt").write_text(f"chr1\t{i + 1}\t50\t1\t1\n")
        lines.append(f"s{i}\t{tmp_path}/{i}.txt\tone")
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("\n".join(lines) + "\n")
    target = tmp_path / "store.h5"
    options = ["--samples", sheet, "--output", target, "--workers", "2"]
    done = limited(resource.RLIMIT_NOFILE, 48, "build", *options)
    assert done.returncode == 0, done.stderr
    with methcohort.open_store(target) as store:
        assert (len(store.samples), store.n_sites) == (300, 300)


@pytest.mark.parametrize("size", [1000, 100_000, 2_000_000])
@pytest.mark.parametrize("n_workers", ["0", "2"])
def test_no_room_for_files(job: Job, size: int, n_workers: str) -> None:
    """Where files may not grow, as on a full disk: one clear message, nothing left."""
    arguments = [*job.arguments, "--workers", n_workers]
    done = limited(resource.RLIMIT_FSIZE, size, *arguments)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("methcohort: error: ")]
    assert len(errors) == 1, done.stderr
    job.assert_nothing_left()


DROPPED = """
import os, signal, weakref
from methcohort.signals import StoppedError, check_stopped, raise_when_stopped

class Anything:
    pass

def stop(_):
    os.kill(os.getpid(), signal.SIGTERM)
    any(range(0, -1000, -1))

raise_when_stopped()
anything = Anything()
reference = weakref.ref(anything, stop)
del anything
try:
    check_stopped()
except StoppedError as stopped:
    print("kept", stopped.number)
"""


def test_signal_that_python_drops() -> None:
    """One that arrives inside the callback of a weak reference is kept, and nothing is printed."""
    done = subprocess.run(
        [sys.executable, "-c", DROPPED], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("kept 15\n", "")
