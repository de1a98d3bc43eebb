"""Projects as users have them, with the real Snakemake run in them."""

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import yaml
from places import ROOT

import methcohort

CASES = ROOT / "tests" / "workflow"
NOTHING = "Nothing to be done"
LOCKED = "Directory cannot be locked"
HOLD = """\
#!/bin/sh
# The real command. A build first waits until the file named by HOLD is there.
if [ "$1" = build ] && [ -n "$HOLD" ]; then
    touch "$HOLD.waits"
    until [ -e "$HOLD" ]; do sleep 0.02; done
fi
exec "$METHCOHORT" "$@"
"""


ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


@functools.cache
def preloaded() -> subprocess.Popen[str]:
    """Return the process that runs Snakemake without its start; it ends when its input does."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("preloaded.py"))],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_preloaded(directory: Path, arguments: list[str]) -> tuple[int, str]:
    """Run Snakemake to its end and return the exit status and what it said."""
    server = preloaded()
    assert server.stdin and server.stdout
    with tempfile.NamedTemporaryFile("r") as said:
        job = {"arguments": arguments, "directory": str(directory), "output": said.name}
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline()), said.read()


class Project:
    """A case copied to a directory that is laid out as a clone is, with Snakemake run there."""

    def __init__(self, directory: Path, case: str) -> None:
        self.directory = directory
        self.snakefile: Path | None = None
        self.environment = ENVIRONMENT
        shutil.copytree(CASES / case, directory)
        if not (directory / "Snakefile").exists():
            shutil.copy(ROOT / "Snakefile", directory)
            (directory / "workflow").symlink_to(ROOT / "workflow")
            (directory / "profiles").symlink_to(ROOT / "profiles")

    def copy(self, directory: Path) -> "Project":
        """Copy all files with their times, Snakemake's own records included."""
        shutil.copytree(self.directory, directory, symlinks=True)
        other = Project.__new__(Project)
        other.directory, other.snakefile = directory, self.snakefile
        other.environment = self.environment
        return other

    def arguments(self, *arguments: str) -> list[str]:
        where = ["--snakefile", str(self.snakefile)] if self.snakefile else []
        return ["--cores", "2", "--nocolor", *where, *arguments]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", *self.arguments(*arguments)]

    def snakemake(self, *arguments: str) -> tuple[int, str]:
        """Run to the end and return the exit status and what Snakemake said."""
        if self.environment == ENVIRONMENT:
            return run_preloaded(self.directory, self.arguments(*arguments))
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr

    def run(self, *arguments: str) -> str:
        """Run to a good end and return what Snakemake said."""
        status, said = self.snakemake(*arguments)
        assert status == 0, said
        return said

    def fail(self, *arguments: str) -> str:
        """Run to a bad end and return what Snakemake said."""
        status, said = self.snakemake(*arguments)
        assert status == 1, said
        assert "Traceback" not in said, said
        return said

    def builds(self, *arguments: str) -> set[str]:
        """Return the cohorts that a dry run would build."""
        found = jobs(self.run("--dry-run", *arguments))
        return {cohort for rule, cohort in found if rule.endswith("build_store")}

    @contextlib.contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a run in a session of its own, which is killed at the end if it still lives."""
        run = subprocess.Popen(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield run
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.wait(timeout=20)

    def hold(self, folder: Path) -> dict[str, str]:
        """Return what holds a build of `started` at its start until `folder`/go is made."""
        script = folder / "bin" / "methcohort"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(HOLD)
        script.chmod(0o755)
        real = shutil.which("methcohort", path=self.environment["PATH"])
        assert real, "the command is not installed"
        path = f"{script.parent}{os.pathsep}{self.environment['PATH']}"
        return {"HOLD": str(folder / "go"), "METHCOHORT": real, "PATH": path}

    def configure(self, **values: object) -> None:
        path = self.directory / "config" / "config.yaml"
        config = yaml.safe_load(path.read_text()) | values
        path.write_text(yaml.safe_dump(config))

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace text of a file once; the file is newer afterwards."""
        text = (self.directory / path).read_text()
        assert old in text
        (self.directory / path).write_text(text.replace(old, new, 1))

    def store(self, cohort: str) -> Path:
        return self.directory / "results" / f"{cohort}.h5"

    def files(self) -> set[str]:
        """Return what lies in results/, what builds leave included, but not the recipes."""
        found = {path.name for path in (self.directory / "results").iterdir()}
        return found - {".recipes"}

    def locks(self) -> list[Path]:
        """Return Snakemake's own records of a run that goes on, or that was killed."""
        return list((self.directory / ".snakemake").glob("locks/*"))

    def assert_right(self, *cohorts: str) -> None:
        """Each store has the very bytes of one that is built from the files as they are now."""
        with contextlib.chdir(self.directory):
            config = yaml.safe_load(Path("config/config.yaml").read_text())
            for cohort in cohorts:
                again = Path(f"again.{cohort}.h5")
                sheet = config.get("samples", "config/samples.tsv")
                methcohort.build(sheet, again, config=config, cohort=cohort, workers=0)
                same = again.read_bytes() == self.store(cohort).read_bytes()
                again.unlink()
                assert same, f"the store of {cohort} is not what its files give"


def outputs(*cohorts: str) -> set[str]:
    """Return the names of all files that the workflow leaves in results/."""
    return {f"{one}{end}" for one in cohorts for end in (".h5", ".samples.tsv", ".html")}


def jobs(said: str) -> set[tuple[str, str]]:
    """Return rule and cohort of each job in Snakemake's words."""
    found = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", said, re.MULTILINE)
    cohorts = [(rule, re.search(r"wildcards: cohort=([^,\s]+)", text)) for rule, text in found]
    return {(rule, cohort[1]) for rule, cohort in cohorts if cohort}


def is_building(snakemake: psutil.Process) -> bool:
    """Tell whether a process below Snakemake is a build; those that just ended are none."""
    for one in snakemake.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "--workers" in one.cmdline():
                return True
    return False


def wait_for_build(run: subprocess.Popen[bytes]) -> None:
    """Wait until a build is running below Snakemake."""
    snakemake = psutil.Process(run.pid)
    deadline = time.monotonic() + 60
    while not is_building(snakemake):
        assert run.poll() is None and time.monotonic() < deadline, "the build was never seen"
        time.sleep(0.02)


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)
