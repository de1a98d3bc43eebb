"""The workflow when things go wrong: kills, clocks, replaced files, odd names, full disks."""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import (
    LOCKED,
    NOTHING,
    Project,
    outputs,
    wait_for,
    wait_for_build,
)
from trials.snakemake_runs import KilledSnakemake, gone

import methcohort
from methcohort.core.errors import MethcohortError

ODD = "größe 日本 'q' \"d\" $(touch pwned) `touch pwned` ;touch pwned; {a} {b <c> * & | # \\ %s"
Made = Callable[[str], Project]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Copies of a case of which all stores are built; each case is built once."""
    done: dict[str, Project] = {}

    def copy(case: str) -> Project:
        if case not in done:
            done[case] = Project(tmp_path_factory.mktemp("made") / "it's made", case)
            done[case].run()
        return done[case].copy(tmp_path_factory.mktemp("copy") / "my project")

    return copy


def change(project: Project, path: str = "data/s1.txt") -> None:
    """Give a file of text other content: its first position gets another digit."""
    project.replace(path, "chr1\t", "chr1\t1")


def set_time(path: Path, seconds: float) -> None:
    """Set the time of change of a file, in seconds from now."""
    os.utime(path, (time.time() + seconds,) * 2)


def test_killed_with_all_its_processes(made: Made) -> None:
    """F32: the lock stays; one command and a plain run give the right store."""
    project = made("basic")
    earlier = project.store("basic").read_bytes()
    change(project)
    with project.started() as run:
        wait_for_build(run)
        time.sleep(0.1)
        os.killpg(run.pid, signal.SIGKILL)
        assert run.wait(20) == -signal.SIGKILL
    assert project.store("basic").read_bytes() == earlier
    assert LOCKED in project.fail()
    assert project.store("basic").read_bytes() == earlier
    project.run("--unlock")
    project.run()
    project.assert_right("basic")
    assert project.files() == outputs("basic")
    assert NOTHING in project.run()


def test_killed_alone_while_the_build_lives_on(made: Made, tmp_path: Path) -> None:
    """F32: what an orphan builds, from files as they were, is never published."""
    project = made("basic")
    change(project)
    hold = project.hold(tmp_path)
    with project.started(**hold) as run:
        wait_for(tmp_path / "go.waits")
        os.kill(run.pid, signal.SIGKILL)
        assert run.wait(20) == -signal.SIGKILL
        # A second run with another configuration ends before the orphan even begins to build.
        project.configure(min_samples=2)
        project.run("--unlock")
        project.run()
        project.assert_right("basic")
        os.utime(tmp_path / "go.waits", (0, 0))
        (tmp_path / "go").touch()
        assert gone(run.pid), "the orphan lives on for too long"
    assert project.files() == outputs("basic")
    assert NOTHING in project.run()
    project.assert_right("basic")


def test_asked_to_stop(made: Made, tmp_path: Path) -> None:
    """F32: after Ctrl-C and SIGTERM there is no lock, and the earlier store is kept."""
    project = made("basic")
    earlier = project.store("basic").read_bytes()
    change(project)
    with project.started(**project.hold(tmp_path / "1")) as run:
        wait_for(tmp_path / "1" / "go.waits")
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(60) == 1
    assert (project.locks(), project.files()) == ([], outputs("basic"))
    # Snakemake alone waits for the build, but does not publish what it makes.
    with project.started(**project.hold(tmp_path / "2")) as run:
        wait_for(tmp_path / "2" / "go.waits")
        os.kill(run.pid, signal.SIGTERM)
        time.sleep(0.2)
        (tmp_path / "2" / "go").touch()
        assert run.wait(60) == 1
    assert project.locks() == []
    assert project.store("basic").read_bytes() == earlier
    project.run()
    project.assert_right("basic")
    assert project.files() == outputs("basic")


def test_what_counts_as_a_change_of_a_file(made: Made) -> None:
    """F33: content decides, not the time; the names and the order of the sheet do, too."""
    project = made("two_cohorts")
    data = project.directory / "data"
    for path in data.iterdir():
        path.touch()
    assert NOTHING in project.run()
    shutil.copytree(data, project.directory / "keep", copy_function=shutil.copy2)

    # Replaced by a file that is older than the store; and edited with size and time set back.
    (data / "a1.txt").write_text((data / "a1.txt").read_text() + "chr1\t999999\t50.0\t1\t1\n")
    set_time(data / "a1.txt", -1e8)
    status = (data / "b1.txt").stat()
    text = (data / "b1.txt").read_bytes()
    (data / "b1.txt").write_bytes(text.replace(b"\t1", b"\t2", 1))
    os.utime(data / "b1.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (data / "b1.txt").stat().st_size == status.st_size
    assert project.builds() == {"a", "b"}
    shutil.copytree(project.directory / "keep", data, dirs_exist_ok=True)

    # A cohort of another name is another store; the earlier one stays where it is.
    sheet = (project.directory / "config" / "samples.tsv").read_text()
    renamed = sheet.replace("\ta\n", "\tnew\n")
    (project.directory / "config" / "samples.tsv").write_text(renamed)
    project.run()
    project.assert_right("new", "b")
    assert project.files() == outputs("a", "new", "b")


def test_a_change_that_only_verify_sees(tmp_path: Path) -> None:
    """F33: in the middle of a long plain text, with the size and the time of the old file."""
    project = Project(tmp_path / "long", "basic")
    path = project.directory / "data" / "s1.txt"
    rows = [f"chr1\t{1000 + k}\t50.0\t1\t1\n" for k in range(20_000)]
    path.write_text("".join(rows))
    project.run()
    status = path.stat()
    rows[10_000] = rows[10_000].replace("\t1\t1\n", "\t2\t2\n")
    path.write_text("".join(rows))
    assert path.stat().st_size == status.st_size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert NOTHING in project.run()
    with (
        contextlib.chdir(project.directory),
        pytest.raises(MethcohortError, match=r"s1\.txt: has other bytes"),
    ):
        methcohort.verify("results/basic.h5", inputs=True)
    # With the time as it is, the checksum tells; also where that build fails, after which
    # Snakemake takes what it has tried for done.
    rows[10_000] = "chr1\t11000\t50.0\tx\t1\n"
    path.write_text("".join(rows))
    for _ in range(2):
        assert "line 10001" in project.fail()
    rows[10_000] = "chr1\t11000\t50.0\t2\t2\n"
    path.write_text("".join(rows))
    project.run()
    project.assert_right("basic")
    assert NOTHING in project.run()


def test_times_from_the_future_and_the_past(made: Made) -> None:
    """F34: no wrong store, and the message names the command that helps."""
    project = made("basic")
    earlier = project.store("basic").read_bytes()
    path = project.directory / "data" / "s1.txt"
    # The same content, only the clock was wrong: nothing to do, now and later.
    set_time(path, 1e7)
    assert NOTHING in project.run()
    change(project)
    set_time(path, 1e7)
    for _ in range(2):
        said = project.fail()
        assert "data/s1.txt: has a time of change in the future" in said
        assert "then run: touch data/s1.txt" in said
        assert project.store("basic").read_bytes() == earlier
    path.touch()
    project.run()
    project.assert_right("basic")

    # Built while the clock was ahead.
    for name in outputs("basic"):
        set_time(project.directory / "results" / name, 1e7)
    assert NOTHING in project.run()
    change(project)
    project.run()
    project.assert_right("basic")


def test_an_input_barely_from_the_future(made: Made, tmp_path: Path) -> None:
    """F34: where Snakemake itself refuses the new store, the earlier one stays, and a run heals."""
    project = made("basic")
    earlier = project.store("basic").read_bytes()
    change(project)
    set_time(project.directory / "data" / "s1.txt", 50)
    assert "has older modification time" in project.fail()
    assert project.store("basic").read_bytes() == earlier
    (project.directory / "data" / "s1.txt").touch()
    project.run()
    project.assert_right("basic")


def odd_project(directory: Path) -> Project:
    """Return a project in a folder of an odd name, that uses the workflow from outside."""
    project = Project(directory / ODD, "basic")
    for name in ("workflow", "profiles"):
        (project.directory / name).unlink()
    (project.directory / "Snakefile").unlink()
    methcohort.init(directory / "fresh")
    shutil.copy(directory / "fresh" / "Snakefile", project.directory)
    shutil.copytree(directory / "fresh" / "profiles", project.directory / "profiles")
    shutil.rmtree(directory / "fresh")
    return project


def test_names_that_mean_something_to_a_shell(tmp_path: Path) -> None:
    """F29, F38: in the folder, samples, files, columns and values: all is text, nothing is run."""
    project = odd_project(tmp_path)
    root = project.directory
    names = [
        "$(touch pwned)",
        "`touch pwned`",
        "a'; touch pwned; '",
        'b"; touch pwned; "',
        "{wildcards.cohort} {output} {x",
        "-rf / ../../etc",
        "& touch pwned | cat > pwned #",
        "%s \\n ~ * ? [!a] <pathvar>",
    ]
    rows = []
    for k, name in enumerate(names):
        path = Path("data") / f"{name.translate(str.maketrans('/{}<>', '_____'))}.txt"
        (root / path).write_text(f"chr1\t{10 + k}\t50.0\t1\t1\n")
        rows.append(f"{name}\t{path}\tbasic\t{name}\n")
    header = "sample\tpath\tcohort\t$(touch pwned) {x}\n"
    (root / "config" / "my $(touch pwned) {x} 'sheet'.tsv").write_text(header + "".join(rows))
    (root / "sites '$(touch pwned)'; x.bed").write_text("chr1\t0\t40\n")
    project.configure(
        samples="config/my $(touch pwned) {x} 'sheet'.tsv",
        sites="sites '$(touch pwned)'; x.bed",
        assembly="hg'38\"; touch pwned; $(touch pwned) {line}\\",
        chroms={"exclude": ["$(touch pwned)", "'; touch pwned; '", "{cohort}"]},
    )
    environment = project.environment
    (tmp_path / "t m p $(touch pwned)").mkdir()
    project.environment = environment | {
        "HOME": str(tmp_path / "no such home"),
        "TMPDIR": str(tmp_path / "t m p $(touch pwned)"),
    }
    project.run()
    project.environment = {k: v for k, v in environment.items() if k != "HOME"}
    assert NOTHING in project.run()
    project.assert_right("basic")
    with methcohort.open_store(project.store("basic")) as store:
        assert store.samples == tuple(names)
        assert store.sheet == {"$(touch pwned) {x}": tuple(names)}
    page = (root / "results" / "basic.html").read_text()
    assert "a&#x27;; touch pwned; &#x27;" in page
    assert "<pathvar>" not in page
    assert [path for path in tmp_path.rglob("*") if path.name == "pwned"] == []


def test_braces_in_the_path_of_the_workflow(tmp_path: Path) -> None:
    """F38: Snakemake would take them for a wildcard; the message says so."""
    project = Project(tmp_path / "my {project}", "basic")
    assert "with braces in its name; move or rename it" in project.fail("--dry-run")


def test_generated_unit_tests(tmp_path: Path) -> None:
    """F36: a test that Snakemake makes of the build passes; it compares the stores bytewise."""
    project = Project(tmp_path / "my project", "basic")
    # Snakemake takes the directory of its start, which the preloaded one has elsewhere.
    project.environment = project.environment | {"PRELOADED": "no"}
    # The temporary output must be there for Snakemake to make a test of it.
    project.run("--notemp")
    project.run("--generate-unit-tests", "tests/unit")
    test = project.directory / "tests" / "unit" / "test_build_store.py"
    for rule in ("publish_store", "summarize_store"):
        assert test.with_name(f"test_{rule}.py").exists()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(
        command,
        cwd=project.directory,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # What --notemp left behind harms nothing.
    assert NOTHING in project.run()


FULL_DISK = """
set -e
mount -t tmpfs -o size=6m none "$1"
cp -a "$2" "$1/project"
cd "$1/project"
head -c 10000000 /dev/zero > fill 2> /dev/null || true
# Room for the records of Snakemake, but not for the new store.
truncate -s -200000 fill
sha256sum results/basic.h5
"${@:3}" > /dev/shm/full-disk-$$ 2>&1 && status=0 || status=$?
cat /dev/shm/full-disk-$$; rm /dev/shm/full-disk-$$
echo "status $status"
sha256sum results/basic.h5
rm fill
"${@:3}" 2>&1
methcohort verify --inputs results/basic.h5
"""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="a small file system can only be mounted by root",
)
def test_a_full_disk(made: Made, tmp_path: Path) -> None:
    """F10 under Snakemake: one sentence, the earlier store kept, and a plain run heals."""
    project = made("basic")
    (tmp_path / "disk").mkdir()
    (tmp_path / "full.sh").write_text(FULL_DISK)
    rng = random.Random(1)
    rows = (
        f"chr1\t{k * 50 + rng.randrange(50)}\t50.0\t{(c := rng.randrange(1, 255))}\t{c}\n"
        for k in range(1, 80_000)
    )
    (project.directory / "data" / "s1.txt").write_text("".join(rows))
    done = subprocess.run(
        [
            *("unshare", "-m", "bash", str(tmp_path / "full.sh"), str(tmp_path / "disk")),
            *(str(project.directory), *project.command()),
        ],
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if "mount" in done.stderr and done.returncode == 32:
        pytest.skip("mounting is not permitted")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Traceback" not in said, said
    before, after = re.findall(r"^[0-9a-f]{64}  results/basic\.h5$", said, re.MULTILINE)
    assert before == after
    assert "\nstatus 1\n" in said
    assert "No space left on device" in said
    assert "results/basic.h5: ok" in said


def test_killed_at_a_random_moment(tmp_path: Path) -> None:
    """F32: whatever ends Snakemake, a plain run afterwards gives the right store."""
    assert "then the right store" in KilledSnakemake(tmp_path).trial(random.Random(1))
