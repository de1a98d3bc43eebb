"""Several processes at once: two builds, readers of a store that is replaced, inputs that change.

F19 two builds of the same target, F20 reading during a rebuild, F21 locks that were left behind,
F22 inputs that change while they are read.
"""

import contextlib
import fcntl
import json
import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cohorts import make_cohort, simulate, write_sheet
from processes import fork, load_all_kernels, wait_until
from trials.concurrency import InputReplaced, ReadersWhileRebuilding, TwoBuilds, holder_text

import methcohort
from methcohort.core.errors import InputError, StoreError
from methcohort.files import text as _text
from methcohort.files.identity import open_file, steady
from methcohort.files.output import Target

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(240)
HOST = os.uname().nodename


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """What is forked has the kernels."""
    load_all_kernels()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where a store is to be, in a folder of its own."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "store.h5"


def start_holder(target: Path, *, with_child: bool = False) -> tuple[int, int]:
    """Start a process that locks a target and stays; return it and its own child, if any."""
    ours, theirs = os.pipe()
    pid = fork()
    if pid == 0:
        with Target(target) as locked:
            locked.new_file()
            child = os.fork() if with_child else -1
            if child:
                os.write(theirs, b"%d\n" % child)
            time.sleep(60)
        os._exit(0)
    with os.fdopen(ours, "rb") as pipe:
        child = int(pipe.readline())
    os.close(theirs)
    return pid, child


def kill(pid: int) -> None:
    """End a child of ours."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def beside(target: Path) -> list[str]:
    """Names in the folder of a target."""
    return sorted(path.name for path in target.parent.iterdir())


def test_second_build_is_refused(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F19: at once, with one sentence, however the target is spelled."""
    made = make_cohort(tmp_path / "cohort", simulate(1, 2, {"chr1": 20})[0])
    (tmp_path / "link").symlink_to(target.parent)
    (tmp_path / "other.h5").symlink_to(target)
    holder, _ = start_holder(target)
    monkeypatch.chdir(tmp_path)
    before = beside(target)
    for spelling in (target, "out/store.h5", "link/../out/store.h5", "link/store.h5", "other.h5"):
        with pytest.raises(StoreError) as found:
            methcohort.build(made.sheet, spelling, workers=2)
        assert f"is running (process {holder} on {HOST}, since 20" in str(found.value)
        assert "wait until it has ended, or stop it, then run again" in str(found.value)
    assert beside(target) == before
    methcohort.build(made.sheet, target.with_name("another.h5"), workers=0)
    kill(holder)


def test_killed_build_is_told(
    target: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F21: the next build says who was killed, removes what it left, and succeeds."""
    made = make_cohort(tmp_path / "cohort", simulate(1, 2, {"chr1": 20})[0])
    holder, _ = start_holder(target)
    (temporary,) = target.parent.glob("*.tmp")
    kill(holder)
    assert len(beside(target)) == 2
    methcohort.build(made.sheet, target, workers=0)
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert f"an earlier build (process {holder} on {HOST}, since 20" in told
    assert f"its temporary file {temporary.name} was removed" in told
    assert beside(target) == ["store.h5"]


def has_open(pid: int, folder: Path) -> bool:
    """Whether a process has a folder or a file in it open."""
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            if str(path.readlink()).startswith(str(folder)):
                return True
    return False


def test_lock_ends_with_its_process(target: Path) -> None:
    """F21: a worker that outlives its parent does not keep the lock, nor any file open."""
    holder, child = start_holder(target, with_child=True)
    try:
        assert wait_until(lambda: not has_open(child, target.parent), 5)
        kill(holder)
        with Target(target):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
    assert beside(target) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "[]",
        "{}",
        "\0" * 50,
        '{"host": 1, "pid": "x", "since": 2, "start": 3}',
        holder_text(pid=-1),
        holder_text(pid=2**40),
        holder_text(since="a\nmethcohort: error: b"),
        holder_text(),
        holder_text(host="elsewhere"),
        holder_text(start=1),
        holder_text(pid=2**22),
    ],
)
def test_stale_locks(target: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """F21: what nobody has locked is no lock, whatever is written in it."""
    target.with_name(".store.h5.lock").write_text(text)
    with Target(target):
        assert json.loads(target.with_name(".store.h5.lock").read_text())["pid"] == os.getpid()
    assert beside(target) == []
    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_files_that_are_no_locks(target: Path, tmp_path: Path) -> None:
    """A link in the place of the lock is not followed; a folder there is told."""
    lock = target.with_name(".store.h5.lock")
    (tmp_path / "precious").write_text("kept")
    lock.symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError, match=r"\.store\.h5\.lock"):
        Target(target)
    lock.unlink()
    lock.mkdir()
    with pytest.raises(StoreError, match=r"\.store\.h5\.lock"):
        Target(target)
    assert (tmp_path / "precious").read_text() == "kept"


def test_sweep(target: Path) -> None:
    """Only what a dead build of the same target left is removed."""
    with Target(target) as host:
        stem = host.new_file().name.split(str(os.getpid()))[0]
    ours = target.with_name(f"{stem}2-00ff.tmp")
    fd = os.open(ours, os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    dead = target.with_name(f"{stem}1-00ff.tmp")
    old, recent = (target.with_name(f".store.h5.{name}.1-00ff.tmp") for name in ("old", "recent"))
    for path in (dead, old, recent, target.with_name(".store.h5.b.h5.x.1-00ff.tmp")):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    with Target(target):
        left = {ours.name, recent.name, ".store.h5.b.h5.x.1-00ff.tmp", ".store.h5.lock"}
        assert set(beside(target)) == left
    os.close(fd)


def test_trials_of_two_builds(tmp_path: Path) -> None:
    """F19: both whole, or one refused; also where one is killed."""
    trials, rng = TwoBuilds(tmp_path), random.Random(1)
    assert {trials.trial(rng) for _ in range(8)}


def test_readers_while_rebuilding(tmp_path: Path) -> None:
    """F20: wholly the old or wholly the new values, never an error."""
    trials, rng = ReadersWhileRebuilding(tmp_path), random.Random(1)
    assert {trials.trial(rng) for _ in range(2)}


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory) -> InputReplaced:
    """Inputs that change during a build."""
    return InputReplaced(tmp_path_factory.mktemp("replaced"))


def test_trials_of_changing_inputs(replaced: InputReplaced) -> None:
    """F22: the store is that of the file before or after, or there is none."""
    rng = random.Random(1)
    assert {replaced.trial(rng) for _ in range(8)}


WAYS = [
    "replaced by a rename", "written anew in place", "appended to", "cut", "removed",
    "replaced by a pipe", "replaced by a folder",
]  # fmt: skip


@pytest.mark.parametrize("how", WAYS)
def test_changed_while_it_is_read(replaced: InputReplaced, how: str) -> None:
    """F22: after the first block of it was read."""
    replaced._reset(replaced.old)
    text = _text.TextFile(str(replaced.path))
    blocks = text.blocks()
    next(blocks)
    replaced.ways[how][0]()
    with pytest.raises(_text.TextFault, match="changed, replaced or removed while it was read"):
        list(blocks)
    text.close()


@pytest.mark.parametrize("how", ["written anew in place", "cut"])
def test_change_explains_a_bad_line(
    replaced: InputReplaced, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F22: what is wrong with a line of a mixture is not told, but that there is one."""
    replaced._reset(replaced.old.replace(b"chr1\t1999990\t", b"chr1\tletters\t"))
    before = _text.TextFile._fill
    done: list[Callable[[], object]] = [replaced.ways[how][0]]

    def fill(text: _text.TextFile, filled: int) -> int:
        if replaced.path.stat().st_size == len(replaced.old) and text._raw.size > 500_000 and done:
            done.pop()()
        return before(text, filled)

    monkeypatch.setattr(_text.TextFile, "_fill", fill)
    with pytest.raises(InputError, match="changed, replaced or removed") as found:
        methcohort.build(replaced.sheet, replaced.target, workers=0)
    assert len(str(found.value).splitlines()) == 1


def test_pipes(tmp_path: Path) -> None:
    """F22: sheets can come from a pipe, text files cannot, and none is waited for."""
    made = make_cohort(tmp_path / "cohort", simulate(1, 2, {"chr1": 20})[0])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="a directory, pipe or device, not a regular file"):
        open_file(str(pipe))
    sheet = write_sheet(tmp_path / "sheet.tsv", [["s", str(pipe), "one"]])
    with pytest.raises(InputError, match="a directory, pipe or device, not a regular file"):
        methcohort.build(sheet, tmp_path / "a.h5", workers=0)
    ours, theirs = os.pipe()
    os.write(theirs, made.sheet.read_bytes())
    os.close(theirs)
    methcohort.build(f"/dev/fd/{ours}", tmp_path / "a.h5", workers=0)
    os.close(ours)
    methcohort.verify(tmp_path / "a.h5")


def test_sheet_that_changes(tmp_path: Path) -> None:
    """F22: a sheet, a BED file or a configuration that is being written is not taken."""
    path = tmp_path / "sheet.tsv"
    path.write_bytes(b"x" * 30_000_000)
    pid = fork()
    if pid == 0:
        while True:
            with path.open("r+b") as file:
                file.write(b"y")

    def refused() -> bool:
        try:
            with steady(path) as file:
                file.read()
        except OSError as error:
            return "changed, replaced or removed while it was read" in str(error)
        return False

    try:
        assert wait_until(refused, 20)
    finally:
        kill(pid)
    with steady(path) as file:
        assert len(file.read()) == 30_000_000


def test_what_a_signal_passes_over(tmp_path: Path) -> None:
    """F4: where a signal cuts off the end of a `with` block, the next one outside it cleans up."""
    with Target(tmp_path / "store.h5") as target:
        path = target.new_file()
        assert path.exists()
    assert list(tmp_path.iterdir()) == []
