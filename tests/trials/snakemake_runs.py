"""Runs of Snakemake that are killed or asked to stop at a random moment."""

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from processes import members, wait_until
from projects import LOCKED, Project, outputs

ENDS = {
    "all killed": (signal.SIGKILL, True),
    "Snakemake alone killed": (signal.SIGKILL, False),
    "terminal closed": (signal.SIGHUP, True),
    "Ctrl-C": (signal.SIGINT, True),
    "SIGTERM to all": (signal.SIGTERM, True),
    "SIGTERM to Snakemake alone": (signal.SIGTERM, False),
}


class KilledSnakemake:
    """A run over an earlier store ends at a random moment; the next plain run gives the right one.

    Where Snakemake says that the directory is locked, `snakemake --unlock` comes before it. What
    a build that lived on makes is never published.
    """

    def __init__(self, folder: Path) -> None:
        self.project = Project(folder / "killed snakemake", "basic")
        self.project.run()
        start = time.monotonic()
        self.project.run("--forceall")
        self.seconds = time.monotonic() - start

    def trial(self, rng: random.Random) -> str:
        """Change the input, disturb a run, then run until the store is right."""
        project = self.project
        what = rng.choice(list(ENDS))
        earlier = project.store("basic").read_bytes()
        self._change(rng)
        with project.started() as run:
            time.sleep(rng.uniform(0.2, 1.0) * self.seconds)
            hung = disturb(run, *ENDS[what])
            state = self._state(earlier)
            # Sometimes the next run meets a build that lives on, sometimes not.
            if rng.random() < 0.5:
                gone(run.pid)
            unlocked = self._run_until_good()
            project.assert_right("basic")
            assert gone(run.pid), "a build lives on for too long"
        if project.files() != outputs("basic"):
            # What a build that lived on has left; the next run must not take it.
            project.run()
        project.assert_right("basic")
        return f"{what}{hung}: {state}{', unlocked' if unlocked else ''}, then the right store"

    def _change(self, rng: random.Random) -> None:
        path = self.project.directory / "data" / "s1.txt"
        lines = path.read_text().splitlines()[:40]
        lines.append(f"chrX\t{rng.randrange(10**6, 10**9)}\t50.0\t1\t1")
        path.write_text("\n".join(lines) + "\n")

    def _state(self, earlier: bytes) -> str:
        """Return what lies in the place of the store; a half one is an error."""
        store = self.project.store("basic")
        if not store.exists():
            # The moment between the removal of the earlier store and the link to the new one.
            built = list((store.parent / ".built" / store.stem).glob("*.h5"))
            assert built, "the earlier store is lost"
            return "about to be published"
        if store.read_bytes() == earlier:
            return "earlier store kept"
        self.project.assert_right("basic")
        return "new store published"

    def _run_until_good(self) -> bool:
        """Run as a user would; return whether the lock had to be removed."""
        unlocked = False
        end = time.monotonic() + 120
        while True:
            status, said = self.project.snakemake()
            if status == 0:
                return unlocked
            assert time.monotonic() < end, said
            if LOCKED in said:
                self.project.run("--unlock")
                unlocked = True
            else:
                # Nothing but a build of the earlier run that still goes on may refuse it.
                assert "another build" in said, said
                time.sleep(0.5)


def disturb(run: subprocess.Popen[bytes], number: int, everyone: bool) -> str:
    """Send a signal to Snakemake, or to everything below it as well, and wait for its end.

    A signal that comes at certain moments makes Snakemake wait for ever, with nothing running
    below it; then all is killed. Returns what to add to the account.
    """
    with contextlib.suppress(ProcessLookupError):
        if everyone:
            os.killpg(run.pid, number)
        else:
            os.kill(run.pid, number)
    try:
        run.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(timeout=30)
        return ", Snakemake hung and was killed"
    return ""


def gone(session: int) -> bool:
    """Wait until all processes of a session have ended, and tell whether they have."""
    return wait_until(lambda: not members(session), 60)
