"""Trials of several processes at once: two builds, readers of a rebuilt store, changing inputs."""

import json
import os
import random
import shutil
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cohorts
import numpy as np
from processes import Command, fork

import methcohort
from methcohort.cohort import spans
from trials.failures import Place, digest_of
from trials.injector import Outcome, end_forked, start_forked

N_ROWS: Final = 200_000
RUNNING: Final = "another build of this store is running"


def holder_text(**values: Any) -> str:
    """What a build writes into its lock."""
    written = {"host": os.uname().nodename, "pid": 1, "since": "2026-01-01", "start": None}
    return json.dumps(written | values)


class TwoBuilds:
    """Two builds of one target, which is spelled differently, started about together."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        (folder / "link").symlink_to(self.place.out)
        self.spellings = [
            (folder, self.place.target),
            (self.place.out, Path("store.h5")),
            (folder / "scratch", Path("../link/store.h5")),
        ]
        self.output = [folder / "first", folder / "second"]
        for path in self.output:
            path.mkdir()

    def trial(self, rng: random.Random) -> str:
        """Both end with the store or are refused; one of them may be killed."""
        place = self.place
        place.prepare(earlier=rng.random() < 0.5)
        earlier = place.target.exists()
        first = self._start(rng, 0)
        time.sleep(rng.uniform(0, 0.06))
        second = self._start(rng, 1)
        killed = rng.random() < 0.3
        if killed:
            time.sleep(rng.uniform(0, 0.06))
            os.kill(first.pid, signal.SIGKILL)
        found = [end_forked(first, self.output[0]), end_forked(second, self.output[1])]
        about = f"{found}"
        for outcome in found:
            assert outcome.left == [], about
            assert outcome.status in (0, 1) or (killed and outcome is found[0]), about
            assert outcome.status != 1 or RUNNING in "".join(outcome.errors), about
        if any(outcome.status == 0 for outcome in found):
            place.assert_built(tidy=not killed)
        else:  # the one that went on was killed, perhaps after it had published
            assert killed, about
            if place.is_built():
                place.assert_built(tidy=False)
            else:
                place.assert_kept(earlier=earlier, tidy=False)
        names = {0: "built", 1: "refused"}
        return " and ".join(sorted(names.get(one.status, "killed") for one in found))

    def _start(self, rng: random.Random, number: int) -> Command:
        folder, target = rng.choice(self.spellings)
        arguments = self.place.arguments(rng.choice([0, 2]))
        arguments[arguments.index("--output") + 1] = target
        return start_forked(arguments, self.output[number], lambda: os.chdir(folder))


class ReadersWhileRebuilding:
    """Processes that open and read a store while builds replace it: each sees one or the other."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "store.h5"
        self.cohorts = []
        for seed in (1, 2):
            rows, _ = cohorts.simulate(seed, 3, {"chr1": 400, "chr2": 100})
            self.cohorts.append(cohorts.make_cohort(folder / str(seed), rows))
        self.states = {_state(made.build()) for made in self.cohorts}
        assert len(self.states) == 2

    def trial(self, rng: random.Random) -> str:
        """Some readers, some rebuilds."""
        shutil.copyfile(self.cohorts[0].root / "store.h5", self.target)
        ours, theirs = os.pipe()
        readers = [_fork_reader(self._read, theirs) for _ in range(rng.randint(2, 3))]
        os.close(theirs)
        for k in range(rng.randint(3, 6)):
            methcohort.build(self.cohorts[(k + 1) % 2].sheet, self.target, workers=0)
            time.sleep(rng.uniform(0, 0.02))
        for pid in readers:
            os.kill(pid, signal.SIGTERM)
        with os.fdopen(ours) as pipe:
            faults = pipe.read()
        for pid in readers:
            os.waitpid(pid, 0)
        assert not faults, faults
        return "read the old or the new store, whole"

    def _read(self) -> None:
        """Read until told to stop; a store that stays open goes on giving what it gave."""
        stopped: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
        while not stopped:
            with methcohort.open_store(self.target) as store:
                before = _values(store)
                assert before in self.states
                time.sleep(0.01)
                assert _values(store) == before
            methcohort.verify(self.target)


def _state(path: Path) -> tuple[str, bytes]:
    with methcohort.open_store(path) as store:
        return _values(store)


def _values(store: methcohort.Store) -> tuple[str, bytes]:
    """All that a store holds: its digest, and its positions and counts as they are read now."""
    pos = store.positions(0, store.n_sites)
    layers = [store.read_layer(name, slice(None), 0, store.n_sites) for name in store.layers]
    return store.digest, b"".join(np.ascontiguousarray(part).tobytes() for part in [pos, *layers])


def _fork_reader(read: Callable[[], None], pipe: int) -> int:
    pid = fork()
    if pid == 0:
        try:
            read()
        except BaseException:
            os.write(pipe, traceback.format_exc().encode())
        os._exit(0)
    return pid


class InputReplaced:
    """A text file that is changed, replaced or removed while it is read."""

    def __init__(self, folder: Path) -> None:
        (folder / "output").mkdir()
        self.output = folder / "output"
        self.target = folder / "store.h5"
        self.path = folder / "s.txt"
        self.old, self.new = (_text(N_ROWS, count) for count in (3, 7))
        assert len(self.old) == len(self.new)
        row = f"s\t{self.path}\tone".split("\t")
        self.sheet = cohorts.write_sheet(folder / "samples.tsv", [row])
        self.ways: dict[str, tuple[Callable[[], object], bytes | None]] = {
            "replaced by a rename": (self._rename, self.new),
            "written anew in place": (self._rewrite, self.new),
            "appended to": (self._append, self.old + _MORE),
            "cut": (self._cut, None),
            "removed": (self.path.unlink, None),
            "replaced by a pipe": (self._pipe, None),
            "replaced by a folder": (self._folder, None),
        }
        self.bytes_of = {text: self._built(text) for text in (self.old, self.new, self.old + _MORE)}

    def trial(self, rng: random.Random) -> str:
        """One change at a random moment of a build, with or without parts."""
        how = rng.choice(list(self.ways))
        end = self.change(
            how, rng.uniform(0, 0.15), rng.choice([0, 2]), in_parts=rng.random() < 0.5
        )
        return f"{how}: {end}"

    def change(self, how: str, seconds: float, n_workers: int, *, in_parts: bool = False) -> str:
        """Change the file so many seconds after the start of a build; check what comes of it."""
        self._reset(self.old)
        change, after = self.ways[how]

        def prepare() -> None:
            if in_parts:
                spans.LEAST_ROWS = 10_000

        options = ["--samples", self.sheet, "--output", self.target, "--workers", n_workers]
        command = start_forked(["build", *options], self.output, prepare)
        time.sleep(seconds)
        change()
        outcome = end_forked(command, self.output)
        self._check(outcome, after, f"{how} after {seconds} s: {outcome}")
        return "refused" if outcome.status else "whole"

    def _check(self, outcome: Outcome, after: bytes | None, about: str) -> None:
        assert outcome.left == [], about
        assert len(outcome.errors) == outcome.status, about
        assert outcome.status in (0, 1), about
        assert self.target.exists() == (outcome.status == 0), about
        if outcome.status == 0:
            possible = {self.bytes_of[self.old]} | {self.bytes_of.get(after or b"")}
            assert digest_of(self.target) in possible, about

    def _built(self, text: bytes) -> str:
        self._reset(text)
        methcohort.build(self.sheet, self.target, workers=0)
        return digest_of(self.target)

    def _reset(self, text: bytes) -> None:
        self.target.unlink(missing_ok=True)
        if self.path.is_dir():
            self.path.rmdir()
        self.path.unlink(missing_ok=True)
        self.path.write_bytes(text)

    def _rename(self) -> None:
        other = self.path.with_name("other.txt")
        other.write_bytes(self.new)
        other.replace(self.path)

    def _rewrite(self) -> None:
        with self.path.open("r+b") as file:
            for start in range(0, len(self.new), 10_000):
                file.write(self.new[start : start + 10_000])
                file.flush()

    def _append(self) -> None:
        with self.path.open("ab") as file:
            file.write(_MORE)

    def _cut(self) -> None:
        os.truncate(self.path, len(self.old) // 2)

    def _pipe(self) -> None:
        self.path.unlink()
        os.mkfifo(self.path)

    def _folder(self) -> None:
        self.path.unlink()
        self.path.mkdir()


def _text(n_rows: int, count: int) -> bytes:
    rows = (
        f"chr1\t{10 * k}\t{10 * count}.0\t{count}\t{10 - count}\n" for k in range(1, n_rows + 1)
    )
    return "".join(rows).encode()


_MORE: Final = b"chr2\t5\t50.0\t1\t1\n"
