"""Storage that refuses: the n-th call fails, disks are full, targets are no place for a store.

F10 disk full at the n-th write, F11 space that comes back, F12 tiny /dev/shm, F13 read-only and
missing folders, F14 what lies at the target already, F18 input and output errors.
"""

import errno
import gc
import os
import random
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import pytest
from cohorts import write_sample, write_sheet
from processes import SHARED_MEMORY, fork, load_all_kernels, shared_memory_entries
from trials import mounts
from trials.concurrency import holder_text
from trials.failures import ERRORS, DiskFull, FailingCalls, FailingCallsOfCallers, Place, digest_of
from trials.injector import Fault, Outcome, run_forked, unavailable

import methcohort
from methcohort.core.errors import StoreError
from methcohort.files.identity import NO_LOCKS
from methcohort.files.output import Target

pytestmark = pytest.mark.timeout(240)
NO_INJECTOR = unavailable()
NO_MOUNTS = mounts.unavailable()
injected = pytest.mark.skipif(bool(NO_INJECTOR), reason=NO_INJECTOR)
mounted = pytest.mark.skipif(bool(NO_MOUNTS), reason=NO_MOUNTS)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingCalls]:
    """Commands whose calls can be made to fail."""
    trials = FailingCalls(tmp_path_factory.mktemp("failing"))
    yield trials
    trials.close()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> DiskFull:
    """Builds on full disks, in forked children."""
    load_all_kernels()
    return DiskFull(tmp_path_factory.mktemp("full"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A cohort and where its store is to be."""
    load_all_kernels()
    return Place(tmp_path)


@injected
@pytest.mark.parametrize(
    ("kind", "step"),
    {
        "rename": 1,
        "fsync": 1,
        "unlink": 1,
        "lock": 1,
        "open": 1,
        "write": 8,
        "read": 8,
        "allocate": 10,
    }.items(),
)
def test_nth_call_fails(failing: FailingCalls, kind: str, step: int) -> None:
    """F10, F11, F18: the n-th call fails, n moving on until the build passes untouched.

    In turns it fails once, so that there is room again, or from then on.
    """
    n_hits = 0
    for k, n in enumerate(count(1, step)):
        fault = Fault(kind, n, ERRORS[kind][k % len(ERRORS[kind])], once=k % 2 == 0)
        outcome = failing.build(fault, 2 * (k % 4 > 1), spill=k % 3 == 1, earlier=k % 5 > 2)
        n_hits += outcome.hits > 0
        if not outcome.hits:
            break
    assert n_hits > 0


@injected
@pytest.mark.parametrize("kind", ["read", "write"])
def test_short_calls(failing: FailingCalls, kind: str) -> None:
    """Calls that read or write fewer bytes than they were asked to change nothing."""
    for n in (1, 30):
        outcome = failing.build(Fault(kind, n, once=False, short=True), 2 * (n == 1), spill=True)
        assert outcome.hits > 5


@injected
@pytest.mark.parametrize("command", ["verify", "info", "query"])
def test_reading_fails(failing: FailingCalls, command: str) -> None:
    """F18: an error of the disk is an error of the command; a short read is none."""
    for n in count(1, 11):
        outcome = failing.read(command, Fault("read", n, errno.EIO, once=n % 2 == 0))
        if not outcome.hits:
            break
    assert failing.read(command, Fault("read", 1, once=False, short=True)).hits > 5
    assert failing.read(command, Fault("open", 1, errno.EMFILE)).status == 1
    for error in NO_LOCKS:  # of file systems without locks, which nobody needs here
        assert failing.read(command, Fault("lock", 1, error, once=False)).status == 0


@injected
def test_unsynced_file_is_not_published(failing: FailingCalls) -> None:
    """Where the file does not reach the disk there is no store; where only its name, a warning."""
    assert failing.build(Fault("fsync", 1, errno.EIO), 0).status == 1
    outcome = failing.build(Fault("fsync", 2, errno.EIO), 0)
    assert outcome.status == 0
    assert "the disk did not confirm its name" in outcome.err


@injected
def test_trials_of_failing_calls(failing: FailingCalls) -> None:
    """Some trials as `make soak` makes them."""
    rng = random.Random(1)
    assert {failing.trial(rng) for _ in range(8)}


@injected
def test_failing_calls_with_many_callers(tmp_path: Path) -> None:
    """The same where formats are told, a reference is read and strands are collapsed."""
    trials = FailingCallsOfCallers(tmp_path)
    try:
        for kind, n, n_workers in (("open", 9, 0), ("read", 25, 2), ("allocate", 40, 0)):
            assert trials.build(Fault(kind, n, ERRORS[kind][0]), n_workers).hits
        assert trials.build(Fault("read", 1, once=False, short=True), 0).hits > 5
    finally:
        trials.close()


@mounted
@pytest.mark.parametrize("where", ["store", "scratch"])
def test_full_disk(full: DiskFull, where: str) -> None:
    """F10: one page more each time, until the build succeeds."""
    for pages in count(1):
        if full.build(where, pages, 2 * (pages % 2)).endswith("succeeded"):
            break
    assert pages > 3


@mounted
def test_trials_of_full_disks(full: DiskFull) -> None:
    """F11: also where another process makes room meanwhile."""
    rng = random.Random(2)
    assert {full.trial(rng) for _ in range(6)}


@mounted
def test_tiny_shared_memory_folder(place: Place, tmp_path: Path) -> None:
    """F12: no more of /dev/shm is used than it has."""

    def work() -> str:
        mounts.mount(SHARED_MEMORY, "64k")
        outcome = run_forked(place.arguments(2), tmp_path)
        assert outcome.status == 0, outcome
        assert not shared_memory_entries()
        place.assert_built()
        return "built"

    assert mounts.inside(work) == "built"


@mounted
def test_read_only_file_system(place: Place, tmp_path: Path) -> None:
    """F13: a store can be read there, and not be replaced."""

    def work() -> str:
        mounts.mount(place.out, "1m")
        place.target.write_bytes(place.earlier.read_bytes())
        mounts.mount(place.out, "1m", options="remount,ro")
        outcome = run_forked(place.arguments(0), tmp_path)
        assert outcome.status == 1, outcome
        assert "the folder is not writable" in outcome.errors[0], outcome
        methcohort.verify(place.target)
        outcome = run_forked([*place.arguments(0), "--scratch", place.out], tmp_path)
        place.assert_kept(earlier=True)
        outcome = run_forked(
            [*place.arguments(0), "--output", tmp_path / "a.h5", "--scratch", place.out], tmp_path
        )
        assert "a scratch file cannot be created there" in outcome.errors[0], outcome
        return "refused"

    assert mounts.inside(work) == "refused"


def refusal(place: Place, target: Path) -> str:
    """What a build says that is refused."""
    before = sorted(place.out.rglob("*"))
    with pytest.raises(StoreError) as found:
        methcohort.build(place.sheet, target, workers=0)
    assert sorted(place.out.rglob("*")) == before
    return str(found.value)


def test_no_place_for_a_store(place: Place) -> None:
    """F13, F14: missing folders, files for folders, and what is not a store at the target."""
    (place.out / "file").write_text("text")
    (place.out / "folder.h5").mkdir()
    os.mkfifo(place.out / "pipe.h5")
    assert "does not exist; make it, or" in refusal(place, place.out / "missing" / "store.h5")
    assert "is not a folder" in refusal(place, place.out / "file" / "store.h5")
    assert "found a folder" in refusal(place, place.out / "folder.h5")
    assert "is not a regular file" in refusal(place, place.out / "pipe.h5")
    assert "is not an HDF5 file" in refusal(place, place.out / "file")
    assert "cannot be written" in refusal(place, place.out / ("n" * 300))


def test_write_protected_store(place: Place) -> None:
    """F14: whoever takes away the permission to write means to keep the store."""
    place.prepare(earlier=True)
    place.target.chmod(0o444)
    assert "is write-protected" in refusal(place, place.target)
    assert digest_of(place.target) == place.earlier_bytes


@pytest.mark.parametrize("dangling", [False, True])
def test_links_are_followed(place: Place, tmp_path: Path, dangling: bool) -> None:
    """F14: the store comes to where the link leads, and the link stays."""
    place.prepare(earlier=not dangling)
    link = tmp_path / "link.h5"
    link.symlink_to(place.target)
    methcohort.build(place.sheet, link, config={"chunks": [2, 256]}, workers=0)
    assert link.is_symlink()
    place.assert_built()


def test_longest_names(place: Place) -> None:
    """A name of 255 bytes leaves no room for additions, and needs none."""
    target = place.out / ("é" * 126 + ".h5")
    methcohort.build(place.sheet, target, workers=0)
    assert list(place.out.iterdir()) == [target]


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which needs root")
@pytest.mark.parametrize("sticky", [True, False])
def test_store_of_another_owner(request: pytest.FixtureRequest, sticky: bool) -> None:
    """F14: it is replaced where the folder allows that, and else refused before any work."""
    folder = Path(tempfile.mkdtemp())  # the way to tmp_path is not open to others
    request.addfinalizer(lambda: shutil.rmtree(folder))
    target = folder / "store.h5"
    target.write_bytes(b"")
    folder.chmod(0o777 | stat.S_ISVTX * sticky)
    ours, theirs = os.pipe()
    pid = fork()
    if pid == 0:
        os.setuid(65534)
        try:
            with Target(target):
                answer = "taken"
        except BaseException as error:
            answer = str(error)
        os.write(theirs, answer.encode())
        os._exit(0)
    os.waitpid(pid, 0)
    answer = os.read(ours, 1000).decode()
    for end in (ours, theirs):
        os.close(end)
    if "Permission denied" in answer:
        pytest.skip("the way to the temporary folder is not open to other users")
    assert ("belongs to another user" in answer) == sticky, answer
    assert (answer == "taken") != sticky, answer


def test_target_becomes_a_folder(tmp_path: Path) -> None:
    """F14: what is put there during a build is not replaced unless it is a store."""
    target = tmp_path / "store.h5"
    with Target(target) as locked:
        path = locked.new_file()
        target.mkdir()
        with pytest.raises(StoreError, match="found a folder"):
            locked.publish(path)
        target.rmdir()
        target.write_text("notes")
        with pytest.raises(StoreError, match="is not an HDF5 file"):
            locked.publish(path)
        locked.remove(path)
    assert target.read_text() == "notes"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("again", [False, True], ids=["gone", "another in its place"])
def test_folder_goes_away(tmp_path: Path, again: bool) -> None:
    """A renamed folder gets no store, nor does a new one of its name, and nothing stays in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    with Target(folder / "store.h5") as locked:
        path = locked.new_file()
        folder.rename(tmp_path / "moved")
        if again:
            folder.mkdir()
        with pytest.raises(StoreError, match="renamed, removed or replaced during the build"):
            locked.publish(path)
        locked.remove(path)
    assert list(tmp_path.rglob("*.h5*")) == []


def without_locks(failing: FailingCalls, text: str) -> Outcome:
    """Build where the system has no locks, beside a lock file."""
    place = failing.place
    place.prepare(earlier=False)
    place.target.with_name(".store.h5.lock").write_text(text)
    fault = Fault("lock", 1, 524, once=False)
    return failing.injector.run(place.arguments(0), [place.out], fault)


@injected
def test_file_systems_without_locks(failing: FailingCalls) -> None:
    """F21: there a build of this host that lives is respected, and one of another is mentioned."""
    me = (os.getpid(), int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]))
    outcome = without_locks(failing, holder_text(pid=me[0], start=me[1]))
    assert (outcome.status, len(outcome.errors)) == (1, 1)
    assert f"is running (process {me[0]}" in outcome.errors[0]
    for text in (holder_text(pid=me[0], start=me[1] + 1), holder_text(pid=2**22), "garbage", ""):
        assert without_locks(failing, text).status == 0
        failing.place.assert_built()
    outcome = without_locks(failing, holder_text(host="elsewhere"))
    assert outcome.status == 0
    assert "another build of this store may be running (process 1 on elsewhere" in outcome.err


def test_no_times_in_a_store(tmp_path: Path) -> None:
    """Builds that are seconds apart give the same bytes, whatever h5py does by default."""
    write_sample(tmp_path / "a.txt", [("chr1", 5, "50", 1, 1)])
    sheet = write_sheet(tmp_path / "s.tsv", [["a", str(tmp_path / "a.txt"), "o"]])
    methcohort.build(sheet, tmp_path / "a.h5", workers=0)
    timed = []
    with h5py.File(tmp_path / "a.h5") as file:
        file.visititems(lambda name, item: timed.append(name) if has_times(item) else None)
        assert not has_times(file["/"])
    assert timed == []
    time.sleep(1.1)
    methcohort.build(sheet, tmp_path / "b.h5", workers=0)
    assert (tmp_path / "b.h5").read_bytes() == (tmp_path / "a.h5").read_bytes()


def has_times(item: h5py.Group | h5py.Dataset) -> bool:
    return bool(item.id.get_create_plist().get_obj_track_times())


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="needs /proc/kmsg")
@pytest.mark.parametrize("form", ["auto", "five_column"])
def test_reading_that_would_wait(tmp_path: Path, form: str) -> None:
    """A file of the kernel is no text; it is not waited for, and no process is lacking."""
    sheet = write_sheet(tmp_path / "s.tsv", [["a", "/proc/kmsg", "o", form]], ["format"])
    for path in (sheet, "/proc/kmsg"):
        with pytest.raises(methcohort.MethcohortError) as caught:
            methcohort.build(path, tmp_path / "a.h5", workers=0)
        assert str(caught.value).startswith("/proc/kmsg: ")
        assert "process" not in str(caught.value)


@pytest.mark.parametrize("of_what", ["text", "sheet", "reference", "aliases", "bed"])
def test_nothing_is_left_half_open(
    tmp_path: Path, of_what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing file is told in a sentence; no finalizer has more to say."""
    write_sample(tmp_path / "a.txt", [("chr1", 5, "50", 1, 1)])
    missing = str(tmp_path / "missing")
    text = missing if of_what == "text" else str(tmp_path / "a.txt")
    sheet = write_sheet(tmp_path / "s.tsv", [["a", text, "o"]])
    key = "sites" if of_what == "bed" else of_what
    config = {key: missing} if of_what not in ("text", "sheet") else {}
    said: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    with pytest.raises(methcohort.MethcohortError, match="missing"):
        methcohort.build(
            missing if of_what == "sheet" else sheet, tmp_path / "a.h5", workers=0, config=config
        )
    gc.collect()
    assert said == []
