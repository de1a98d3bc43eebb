"""Processes of a build that are killed, stopped, asked to stop, or run out of something."""

import contextlib
import json
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from cohorts import compress
from processes import (
    LAST_SECONDS,
    Command,
    assert_nothing_new_in_shared_memory,
    members,
    shared_memory_entries,
    wait_until,
    workers,
)

import methcohort
from methcohort.cli import limits
from methcohort.engine.pool import START_METHOD
from trials.mixtures import Mixture, load_all, make_mixture

N_SAMPLES = 12
N_ROWS = 30_000
CONFIG = {"deflate_level": 9}
LONGEST = 30.0
METHODS = ("fork", "spawn", "forkserver")


def make_inputs(folder: Path, n_samples: int = N_SAMPLES, n_rows: int = N_ROWS) -> Path:
    """Write samples of so many rows, all names of one file, and their sheet."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    pos = np.cumsum(rng.integers(1, 40, n_rows)).tolist()
    c, t = rng.integers(1, 30, n_rows).tolist(), rng.integers(0, 30, n_rows).tolist()
    rows = zip(pos, c, t, strict=True)
    text = "".join(f"chr1\t{p}\t{100 * a / (a + b):.6f}\t{a}\t{b}\n" for p, a, b in rows)
    first = folder / "s0.txt.gz"
    first.write_bytes(compress(text.encode(), "gzip"))
    lines = ["sample\tpath\tcohort"]
    for i in range(n_samples):
        if i:
            os.link(first, folder / f"s{i}.txt.gz")
        lines.append(f"s{i}\t{folder}/s{i}.txt.gz\tone")
    sheet = folder / "samples.tsv"
    sheet.write_text("\n".join(lines) + "\n")
    return sheet


class Trials:
    """Builds of one cohort over an earlier store, which a trial disturbs.

    Attributes
    ----------
    seconds : how long an undisturbed build takes
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.sheet, self.config = self.make(folder / "inputs")
        self.target = folder / "out" / "store.h5"
        self.scratch = folder / "scratch"
        self.said = folder / "said.txt"
        self.target.parent.mkdir()
        self.scratch.mkdir()
        self.shared = shared_memory_entries()
        fewer = self.config | {"min_samples": 2}
        methcohort.build(self.sheet, self.target, workers=0, config=fewer)
        self.earlier = self.target.read_bytes()
        start = time.monotonic()
        with Command.fork(self.arguments(2), self.said) as command:
            said = command.wait(LONGEST)
        self.seconds = time.monotonic() - start
        assert command.status == 0, said
        self.new = self.target.read_bytes()
        assert self.new != self.earlier
        self.target.write_bytes(self.earlier)

    def make(self, folder: Path) -> Mixture:
        """Write the cohort; return its sheet and configuration."""
        return Mixture(make_inputs(folder), CONFIG)

    def arguments(self, n_workers: int) -> list[str | Path]:
        """The build, as the command line has it."""
        return [
            *(
                "build",
                "--samples",
                self.sheet,
                "--output",
                self.target,
                "--config",
                json.dumps(self.config),
            ),
            *("--workers", str(n_workers), "--memory", "400MB", "--scratch", self.scratch),
        ]

    def fork(self, n_workers: int, prepare: Callable[[], None] = lambda: None) -> Command:
        """Start a build in a copy of this process."""
        return Command.fork(self.arguments(n_workers), self.said, prepare)

    def next_run(self, killed: Command) -> None:
        """Build again after a kill: what was left is swept and told, and the store is whole."""
        left = [path.name for path in self.target.parent.glob(".*.tmp")]
        with self.fork(2) as command:
            said = command.wait(LONGEST)
        assert self.outcome(command, said, []) == "built"
        for name in left:
            assert f"(process {killed.pid} on " in said, said
            assert f"its temporary file {name} was removed" in said, said

    def pause(self, rng: random.Random, seconds: float | None = None) -> None:
        """Wait for a random moment of a build."""
        time.sleep(rng.uniform(0, 1.1 * (seconds or self.seconds)))

    def outcome(self, command: Command, said: str, allowed: Sequence[int]) -> str:
        """Check what is there after a build, and put the earlier store back.

        The status is 0 or an `allowed` one, the store is the earlier or the new one to the byte,
        one sentence was said, and no file, process or shared memory is left.
        """
        assert command.status in (0, *allowed), (command.status, said)
        assert "Traceback" not in said, said
        store = self.target.read_bytes()
        assert store in (self.earlier, self.new), "neither the earlier store nor the new one"
        if command.status == 0:
            assert store == self.new, said
        elif command.status > 0:
            lines = [line for line in said.splitlines() if _is_last_word(line)]
            assert len(lines) == 1, said
        killed = command.status == -signal.SIGKILL
        beside = [path for path in self.target.parent.iterdir() if path != self.target]
        assert len(beside) <= 2 * killed, beside  # the lock and the temporary file
        assert {path.suffix for path in beside} <= {".lock", ".tmp"}, beside
        assert list(self.scratch.iterdir()) == []
        assert_nothing_new_in_shared_memory(self.shared)
        for path in beside:
            path.unlink()
        self.target.write_bytes(self.earlier)
        if command.status == 0:
            return "built"
        kept = "earlier store kept" if store == self.earlier else "new store published"
        rest = ", files to be swept" if beside else ""
        return f"{kept}{rest}"


def _python_was_starting(command: Command, said: str) -> bool:
    """Whether a signal came before there was any of our code to take it."""
    if command.status in (-number for number in Signals.NUMBERS):
        assert said.strip() == "" or said.endswith("KeyboardInterrupt\n"), said
        return True
    return "Fatal Python error: init" in said and said.endswith("KeyboardInterrupt\n")


def _is_last_word(line: str) -> bool:
    return line.startswith(("methcohort: error: ", "methcohort: stopped by "))


def workers_of(command: Command) -> list[int]:
    """Processes of a forked build below its first."""
    return [pid for pid in members(command.pid) if pid != command.pid]


class KillWorker(Trials):
    """One worker gets a deadly signal at a random moment."""

    SIGNALS: ClassVar = (signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT)

    def trial(self, rng: random.Random) -> str:
        number = rng.choice(self.SIGNALS)
        with self.fork(rng.randint(1, 3)) as command:
            wait_until(lambda: bool(workers_of(command)) or command.ended(), LONGEST)
            self.pause(rng, self.seconds / 2)
            victims = workers_of(command)
            if victims:
                _send(rng.choice(victims), number)
            said = command.wait(LAST_SECONDS)
        if command.status:
            assert f"signal {number.value} ({number.name})" in said, said
        return f"{'worker killed' if victims else 'no worker'}: {self.outcome(command, said, [1])}"


class OfCallers(Trials):
    """The builds are of many callers, next to a reference: there are more stages to disturb."""

    def make(self, folder: Path) -> Mixture:
        load_all()
        return make_mixture(folder, 30_000)


class KillWorkerOfCallers(OfCallers, KillWorker):
    """One worker gets a deadly signal while files of many callers are built."""


class KillParent(Trials):
    """The parent is killed at a random moment, sometimes while a worker is stopped."""

    def trial(self, rng: random.Random) -> str:
        with self.fork(rng.randint(0, 3)) as command:
            self.pause(rng)
            victims = workers(command.pid)  # that have come far enough to be bound to the parent
            stopped = bool(victims) and rng.random() < 0.5
            if stopped:
                _send(rng.choice(victims), signal.SIGSTOP)
            _send(command.pid, signal.SIGKILL)
            said = command.wait(LAST_SECONDS)
        what = "parent killed, a worker stopped" if stopped else "parent killed"
        if rng.random() < 0.2:
            self.next_run(command)
            return f"{what}: the next run swept and built"
        return f"{what}: {self.outcome(command, said, [-signal.SIGKILL])}"


class KillGroup(Trials):
    """Every process is killed at once."""

    def trial(self, rng: random.Random) -> str:
        with self.fork(rng.randint(0, 3)) as command:
            self.pause(rng)
            _send(command.pid, signal.SIGKILL, os.killpg)
            said = command.wait(LAST_SECONDS)
        if rng.random() < 0.2:
            self.next_run(command)
            return "all killed: the next run swept and built"
        return f"all killed: {self.outcome(command, said, [-signal.SIGKILL])}"


class Signals(Trials):
    """SIGINT, SIGTERM or SIGHUP to the parent or to all, once or twice, with a stopped worker."""

    NUMBERS: ClassVar = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def trial(self, rng: random.Random) -> str:
        number = rng.choice(self.NUMBERS)
        kill = rng.choice((os.kill, os.killpg))
        with self.fork(rng.randint(0, 3)) as command:
            self.pause(rng)
            victims = workers_of(command)
            if victims and rng.random() < 0.2:
                _send(rng.choice(victims), signal.SIGSTOP)
            for _ in range(rng.randint(1, 2)):
                _send(command.pid, number, kill)
                time.sleep(rng.choice((0, 0.001, 0.01)))
            said = command.wait(LAST_SECONDS)
        # Before the command has its handlers, the system ends it.
        status = self.outcome(command, said, [128 + number, -number])
        return f"{number.name}: {status}"


class SignalsOfCallers(OfCallers, Signals):
    """SIGINT, SIGTERM or SIGHUP while files of many callers are built."""


class StopWorkers(Trials):
    """Some processes are stopped and continued: the store is the same."""

    def trial(self, rng: random.Random) -> str:
        with self.fork(rng.randint(1, 3)) as command:
            self.pause(rng)
            victims = workers_of(command)
            chosen = rng.sample(victims, rng.randint(0, len(victims)))
            if rng.random() < 0.3:
                chosen = [*victims, command.pid]
            for pid in chosen:
                _send(pid, signal.SIGSTOP)
            time.sleep(rng.choice((0, 0.01, 0.3, 1.6)))
            for pid in reversed(chosen):
                _send(pid, signal.SIGCONT)
            said = command.wait(LONGEST)
        assert said.count(" is stopped ") == said.count(" continues "), said
        assert command.status == 0, said
        return f"stopped and continued: {self.outcome(command, said, [])}"


class StartMethods(Trials):
    """The installed command under each start method, from its first moment on, is disturbed."""

    def trial(self, rng: random.Random) -> str:
        method = rng.choice(METHODS)
        number = rng.choice((signal.SIGKILL, *Signals.NUMBERS))
        whom = rng.choice(("parent", "all", "worker"))
        variables = {START_METHOD: method}
        with Command.start(self.arguments(2), self.said, **variables) as command:
            time.sleep(rng.uniform(0, 2))
            if whom == "worker":
                number = signal.SIGKILL
                victims = workers(command.pid)
                if victims:
                    _send(rng.choice(victims), number)
            else:
                _send(command.pid, number, os.kill if whom == "parent" else os.killpg)
            said = command.wait(LONGEST if whom == "worker" else LAST_SECONDS)
        if _python_was_starting(command, said):
            assert list(self.target.parent.iterdir()) == [self.target]
            assert self.target.read_bytes() == self.earlier
            return f"{method}, {number.name} to {whom}: before the command"
        allowed = [1] if whom == "worker" else [-number, 128 + number]
        return f"{method}, {number.name} to {whom}: {self.outcome(command, said, allowed)}"


class StartUp(Trials):
    """A command that reads is asked to stop from its first moment on."""

    def trial(self, rng: random.Random) -> str:
        number = rng.choice(Signals.NUMBERS)
        with Command.start(["info", self.target], self.said) as command:
            time.sleep(rng.uniform(0, 0.5))
            _send(command.pid, number)
            said = command.wait(LAST_SECONDS)
        status = command.status
        if _python_was_starting(command, said):
            return f"{number.name} to info: before the command"
        assert status in (0, 128 + number), (status, said)
        assert said == (f"methcohort: stopped by {number.name}\n" if status else ""), said
        return f"{number.name} to info: {'stopped' if status else 'done'}"


class Limits(Trials):
    """A build with little more memory than it starts with, or few file descriptors."""

    KINDS: ClassVar = {
        resource.RLIMIT_AS: ("address space", 30),
        resource.RLIMIT_DATA: ("data", 6),
        resource.RLIMIT_NOFILE: ("descriptors", 30),
    }

    def trial(self, rng: random.Random) -> str:
        kind = rng.choice(list(self.KINDS))
        name, most = self.KINDS[kind]
        value = rng.uniform(0, most)
        return f"{name}: {self.build_under(kind, value, rng.randint(0, 3))}"

    def build_under(self, kind: int, value: float, n_workers: int) -> str:
        """Build with so many descriptors, or MB more than this process has."""

        def limit() -> None:
            limits._BUILDING = limits._READING = (0, 0)  # all that it wants is loaded already
            most = int(value) if kind == resource.RLIMIT_NOFILE else _taken(kind) + int(value * 1e6)
            resource.setrlimit(kind, (most, most))

        with self.fork(n_workers, limit) as command:
            said = command.wait(LONGEST)
        return self.outcome(command, said, [1])


class LimitsOfCallers(OfCallers, Limits):
    """Little more memory, or few file descriptors, while files of many callers are built."""


def _taken(kind: int) -> int:
    """The bytes that a limit counts for this process."""
    name = "VmSize" if kind == resource.RLIMIT_AS else "VmData"
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


def _send(pid: int, number: signal.Signals, kill: Callable[[int, int], None] = os.kill) -> None:
    """Send a signal, to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        kill(pid, number)
