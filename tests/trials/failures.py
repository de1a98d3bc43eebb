"""Trials of storage: calls of the system that fail, and disks that are full."""

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any, ClassVar, Final

import cohorts
import processes
from processes import fork

import methcohort
from methcohort.engine import budget
from trials import mounts
from trials.injector import Fault, Injector, Outcome, run_forked
from trials.mixtures import Mixture, make_mixture

ERRORS: Final = {
    "write": (errno.ENOSPC, errno.EIO, errno.EDQUOT),
    "read": (errno.EIO, errno.ESTALE),
    "allocate": (errno.ENOMEM, errno.ENOSPC),
    "rename": (errno.EIO, errno.EACCES, errno.ENOSPC),
    "fsync": (errno.EIO, errno.ENOSPC),
    "open": (errno.EMFILE, errno.EACCES, errno.EIO, errno.ENOENT),
    "unlink": (errno.EACCES, errno.EIO, errno.EBUSY),
    "lock": (errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO),
}  # fmt: skip
MOST: Final = {
    "write": 90, "read": 110, "allocate": 110, "rename": 3,
    "fsync": 4, "open": 16, "unlink": 4, "lock": 4,
}  # fmt: skip
"""Calls of a kind that a build makes, or a few more."""

STYLES: Final = ({}, {"compress": "gzip"}, {"compress": "bgzip"})
CRASHES: Final = (-signal.SIGSEGV, -signal.SIGABRT)
"""How HDF5 itself ends where it gets no memory while it opens a file."""

QUERY: Final = "chr1:1-100,000"


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Place:
    """A cohort, its true digest, an earlier store of other content, and a target to be built."""

    def __init__(self, folder: Path) -> None:
        self.inputs = folder / "inputs"
        self.sheet, self.config = self.make(self.inputs)
        self.options = ["--config", json.dumps(self.config)]
        self.good = self.inputs / "good.h5"
        methcohort.build(self.sheet, self.good, config=self.config, workers=0)
        self.good_bytes = digest_of(self.good)
        other, _ = cohorts.simulate(6, 2, {"chr1": 50})
        self.earlier = cohorts.make_cohort(folder / "earlier", other).build()
        self.earlier_bytes = digest_of(self.earlier)
        self.out = folder / "out"
        self.scratch = folder / "scratch"
        self.target = self.out / "store.h5"
        self.out.mkdir()
        self.scratch.mkdir()

    def make(self, folder: Path) -> Mixture:
        """Write the cohort; return its sheet and configuration."""
        rows, _ = cohorts.simulate(5, 4, {"chr1": 300, "chr2": 120, "chrX": 40})
        rows[3].reverse()  # has to be sorted
        made = cohorts.make_cohort(folder, rows, styles=STYLES)
        return Mixture(made.sheet, {"chunks": [2, 256]})

    def arguments(self, n_workers: int, *, spill: bool = False) -> list[Any]:
        """The command that builds the cohort; `spill` has all rows in scratch."""
        return [
            "build", "--samples", self.sheet, "--output", self.target, *self.options,
            "--scratch", self.scratch, "--workers", n_workers,
            "--memory", "1MB" if spill else "4GB",
        ]  # fmt: skip

    def prepare(self, *, earlier: bool) -> None:
        """Empty the folder of the store, but for an earlier one."""
        shutil.rmtree(self.out)
        self.out.mkdir()
        if earlier:
            shutil.copyfile(self.earlier, self.target)

    def assert_kept(self, *, earlier: bool, tidy: bool = True) -> None:
        """There is the earlier store, or none, and nothing else."""
        assert self.target.exists() == earlier
        if earlier:
            assert digest_of(self.target) == self.earlier_bytes
        self.assert_tidy(store=earlier, tidy=tidy)

    def is_built(self) -> bool:
        """Tell whether the store of the cohort is there."""
        return self.target.exists() and digest_of(self.target) == self.good_bytes

    def assert_built(self, *, tidy: bool = True) -> None:
        """There is the store of the cohort, whole and right, and nothing else."""
        methcohort.verify(self.target)
        assert digest_of(self.target) == self.good_bytes
        self.assert_tidy(store=True, tidy=tidy)

    def assert_tidy(self, *, store: bool, tidy: bool) -> None:
        """Nothing is left; where it could not be removed, the next run does."""
        assert list(self.scratch.iterdir()) == []
        if not tidy:
            methcohort.build(self.sheet, self.target, config=self.config, workers=0)
            store = True
        assert [path.name for path in self.out.iterdir()] == ["store.h5"] * store


class PlaceOfCallers(Place):
    """The same with a cohort of many callers."""

    def make(self, folder: Path) -> Mixture:
        made = make_mixture(folder, 1200)
        return Mixture(made.sheet, made.config | {"chunks": [2, 256]})


class FailingCalls:
    """The n-th write, read, allocation, ... of a command fails."""

    PLACE: ClassVar[type[Place]] = Place

    def __init__(self, folder: Path) -> None:
        self.place = self.PLACE(folder)
        self.injector = Injector(folder)

    def close(self) -> None:
        """End the driver."""
        self.injector.close()

    def trial(self, rng: random.Random) -> str:
        """One command, one fault."""
        kind = rng.choice(list(ERRORS))
        fault = Fault(
            kind,
            nth=int(MOST[kind] ** rng.random()),
            error=rng.choice(ERRORS[kind]),
            once=rng.random() < 0.5,
            short=kind in ("read", "write") and rng.random() < 0.3,
        )
        if rng.random() < 0.25:
            command = rng.choice(["verify", "info", "query"])
            outcome = self.read(command, fault)
        else:
            command = "build"
            n_workers, spill = rng.choice([0, 2]), rng.random() < 0.5
            outcome = self.build(fault, n_workers, spill=spill, earlier=rng.random() < 0.5)
        if not outcome.hits:
            return f"{command}, {kind}: fewer calls"
        how = "short" if fault.short else "fails"
        end = {0: "succeeded", 1: "refused"}.get(outcome.status, "HDF5 crashed, nothing published")
        return f"{command}, {kind} {how}: {end}"

    def build(
        self, fault: Fault, n_workers: int, *, spill: bool = False, earlier: bool = False
    ) -> Outcome:
        """Build with a fault: the right store, or one sentence and the earlier one."""
        place = self.place
        place.prepare(earlier=earlier)
        folders = [place.out, place.inputs, place.scratch]
        outcome = self.injector.run(place.arguments(n_workers, spill=spill), folders, fault)
        self._check(fault, outcome)
        try:
            tidy = fault.kind not in ("unlink", "lock") and outcome.status >= 0
            if outcome.status:
                place.assert_kept(earlier=earlier, tidy=tidy)
            else:
                place.assert_built(tidy=tidy)
        except BaseException as error:
            error.add_note(f"{fault}, {n_workers} workers, {outcome}")
            raise
        return outcome

    def read(self, command: str, fault: Fault) -> Outcome:
        """Read the good store with a fault: the right output, or one sentence."""
        arguments = [command, self.place.good, *([QUERY] if command == "query" else [])]
        outcome = self.injector.run(arguments, [self.place.inputs], fault)
        self._check(fault, outcome)
        if outcome.status == 0 and outcome.hits:
            again = self.injector.run(arguments, [], Fault("rename", 0))
            assert outcome.out == again.out, f"{fault}, {outcome}"
        return outcome

    def _check(self, fault: Fault, outcome: Outcome) -> None:
        """The command ended by itself and said what was wrong in one sentence."""
        about = f"{fault}, {outcome}"
        assert outcome.left == [], about
        if fault.kind == "allocate" and outcome.status in CRASHES:
            return
        assert "Traceback" not in outcome.err, about
        assert "ignored" not in outcome.err, about
        assert outcome.status in (0, 1), about
        if fault.short or not outcome.hits:
            assert outcome.status == 0, about
        assert bool(outcome.errors) == bool(outcome.status), about
        said = {line.split("; ")[-1] for line in outcome.errors}
        assert len(said) <= 1 or fault.kind in ("read", "open", "allocate"), about


class FailingCallsOfCallers(FailingCalls):
    """The same while files of many callers are built, next to a reference and with aliases."""

    PLACE = PlaceOfCallers


class DiskFull:
    """The disk of the store, or of the scratch file, is full, for good or for a moment."""

    PLACE: ClassVar[type[Place]] = Place

    def __init__(self, folder: Path) -> None:
        self.place = self.PLACE(folder)
        (folder / "output").mkdir()
        self.output = folder / "output"
        self.room = -(-self.place.good.stat().st_size // 4096) + 2

    def trial(self, rng: random.Random) -> str:
        """One build on a disk of some pages, of which some may come back."""
        pages = rng.randint(1, self.room + 2)
        back = rng.uniform(0, 0.3) if rng.random() < 0.5 else None
        where = rng.choice(["store", "scratch"])
        return self.build(where, pages, rng.choice([0, 2]), back=back)

    def build(self, where: str, pages: int, n_workers: int, *, back: float | None = None) -> str:
        """Build where so many pages are free; `back` seconds later so many more than needed."""
        return mounts.inside(lambda: self._build(where, pages, n_workers, back))

    def _build(self, where: str, pages: int, n_workers: int, back: float | None) -> str:
        place = self.place
        place.prepare(earlier=False)
        ballast = place.out / ".ballast" if where == "store" else place.scratch / ".ballast"
        room = 0 if back is None else 400
        mounts.mount(ballast.parent, f"{4 * (pages + room)}k")
        mounts.mount(processes.SHARED_MEMORY, "64k")
        if back is not None:
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, 4096 * room)
            start_removal(ballast, back)
        budget.LEAST_ROWS_BYTES = -(10**12)  # all rows go to scratch
        arguments = place.arguments(n_workers, spill=where == "scratch")
        outcome = run_forked(arguments, self.output)
        about = f"{where}, {pages} pages, {n_workers} workers, {back}: {outcome}"
        processes.wait_until(lambda: not ballast.exists(), 5)
        assert outcome.left == [], about
        assert len(outcome.errors) == outcome.status, about
        assert outcome.status in (0, 1), about
        try:
            if outcome.status:
                place.assert_kept(earlier=False)
            else:
                place.assert_built()
            assert not processes.shared_memory_entries()
        except BaseException as error:
            error.add_note(about)
            raise
        again = "" if back is None else ", then room"
        return f"{where} on a full disk{again}: {'refused' if outcome.status else 'succeeded'}"


def start_removal(path: Path, seconds: float) -> None:
    """Have another process remove a file in a moment."""
    if fork() == 0:
        time.sleep(seconds)
        path.unlink()
        os._exit(0)
