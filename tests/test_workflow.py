"""The workflow: real runs of Snakemake in copies of the cases under tests/workflow."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "workflow"
DOORS = ["Snakefile", "workflow/Snakefile"]
NOTHING = "Nothing to be done"
EARLIER = b"\x89HDF\r\n\x1a\n and then nothing that a store has"
BOTH = {("build_store", "a"), ("build_store", "b")}


class Project:
    """A case copied to a directory of its own, and Snakemake run there."""

    def __init__(self, directory: Path, case: str) -> None:
        self.directory = directory
        self.snakefile = ROOT / "Snakefile"
        self.environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        shutil.copytree(CASES / case, directory)

    def command(self, *arguments: str) -> list[str]:
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "2", "--nocolor"]
        where = ["--snakefile", str(self.snakefile), "--directory", str(self.directory)]
        return [*snakemake, *where, *arguments]

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def run(self, *arguments: str) -> str:
        """Run to a good end and return what Snakemake said."""
        done = self.snakemake(*arguments)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    def fail(self, *arguments: str) -> str:
        """Run to a bad end and return what Snakemake said."""
        done = self.snakemake(*arguments)
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        assert "Traceback" not in said
        return said

    def builds(self, *arguments: str) -> set[tuple[str, str]]:
        """Return the builds that a dry run lists, as rule and cohort."""
        return {job for job in jobs(self.run("--dry-run", *arguments)) if "build" in job[0]}

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
        """Return what lies in results/, temporary files included."""
        return {path.name for path in (self.directory / "results").iterdir()}


def jobs(said: str) -> set[tuple[str, str]]:
    """Return rule and cohort of each job in Snakemake's words."""
    found = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", said, re.MULTILINE)
    cohorts = [(rule, re.search(r"wildcards: cohort=(\S+)", text)) for rule, text in found]
    return {(rule, cohort[1]) for rule, cohort in cohorts if cohort}


@pytest.fixture
def basic(tmp_path: Path) -> Project:
    # A blank in the path, here and in every test that follows.
    return Project(tmp_path / "my project", "basic")


@pytest.fixture
def two(tmp_path: Path) -> Project:
    return Project(tmp_path / "two cohorts", "two_cohorts")


@pytest.mark.parametrize("door", DOORS)
def test_a_dry_run_lists_jobs(basic: Project, door: str) -> None:
    # A front door that merely includes the workflow has "nothing to be done", and exits with 0.
    basic.snakefile = ROOT / door
    said = basic.run("--dry-run")
    assert jobs(said) == {("build_store", "basic"), ("summarize_store", "basic")}


@pytest.mark.parametrize("door", DOORS)
def test_lint(basic: Project, door: str) -> None:
    basic.snakefile = ROOT / door
    assert "in a good condition" in basic.run("--lint")


def test_a_run_then_nothing_to_be_done_then_a_report(basic: Project) -> None:
    basic.run()
    assert basic.files() == {"basic.h5", "basic.samples.tsv"}
    assert basic.store("basic").read_bytes()[:8] == b"\x89HDF\r\n\x1a\n"
    table = (basic.directory / "results" / "basic.samples.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in table] == ["sample", "s1", "s2", "s3"]
    assert NOTHING in basic.run()
    basic.snakefile = ROOT / "workflow" / "Snakefile"
    assert NOTHING in basic.run()
    basic.run("--report", "report.html")
    report = (basic.directory / "report.html").read_text()
    assert "basic.samples.tsv" in report
    assert "merged into one HDF5 store" in report


def test_only_what_changed_is_built_again(two: Project) -> None:
    two.run()
    before = {cohort: two.store(cohort).read_bytes() for cohort in "ab"}

    two.configure(threads=2, memory="2GB")
    assert NOTHING in two.run("--set-threads", "build_store=1")
    # The layout of the sheet is nobody's business; the rows of b are only b's.
    two.replace("config/samples.tsv", "# two stores from one sheet\n", "\n\n")
    assert two.builds() == set()
    two.replace("config/samples.tsv", "b1\t", "b-one\t")
    assert two.builds() == {("build_store", "b")}
    two.replace("config/samples.tsv", "b-one\t", "b1\t")

    assert two.builds("--config", "uncovered=keep") == BOTH
    assert two.builds("--config", "min_samples=1", "deflate_level=3") == BOTH
    info = two.directory / "newer" / "methcohort-99.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: methcohort\nVersion: 99.0\n")
    old = two.environment
    two.environment = old | {"PYTHONPATH": str(info.parent)}
    assert two.builds() == BOTH
    two.environment = old

    # One sample's file: a real run, which leaves the other store alone.
    lines = (two.directory / "data" / "a1.txt").read_text().splitlines(keepends=True)
    (two.directory / "data" / "a1.txt").write_text("".join(lines[:-5]))
    assert {job for job in jobs(two.run()) if "build" in job[0]} == {("build_store", "a")}
    assert two.store("a").read_bytes() != before["a"]
    assert two.store("b").read_bytes() == before["b"]


def test_a_bed_file_is_an_input(basic: Project) -> None:
    bed = basic.directory / "targets.bed"
    bed.write_text("chr1\t99\t400\n")
    basic.configure(sites="targets.bed")
    basic.run()
    assert NOTHING in basic.run()
    bed.write_text("chr1\t99\t500\n")
    assert basic.builds() == {("build_store", "basic")}


def test_a_failed_build_leaves_the_earlier_store(basic: Project) -> None:
    basic.run()
    fresh = basic.store("basic").read_bytes()
    # Whatever lies in the place of the store: a failed build leaves it, a good one does not use it.
    basic.store("basic").write_bytes(EARLIER)
    good = (basic.directory / "data" / "s2.txt").read_text()
    basic.replace("data/s2.txt", "chr1\t", "chr1\t-")

    # After a failed job Snakemake itself takes the store for finished: each try must fail anew,
    # whichever file is asked for.
    for target in ("all", "results/basic.h5", "results/basic.samples.tsv"):
        said = basic.fail(target)
        assert re.search(r"s2\.txt, line 1: .*-", said), said
        assert basic.store("basic").read_bytes() == EARLIER
        assert [name for name in basic.files() if "tmp" in name or name.startswith(".")] == []

    (basic.directory / "data" / "s2.txt").write_text(good)
    basic.run()
    assert basic.store("basic").read_bytes() == fresh
    assert NOTHING in basic.run()


def is_building(snakemake: psutil.Process) -> bool:
    """Tell whether a process below Snakemake is a build; those that just ended are none."""
    for one in snakemake.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "--workers" in one.cmdline():
                return True
    return False


def kill_during_build(project: Project) -> None:
    """Start a run and kill Snakemake with everything below it while the store is built."""
    run = subprocess.Popen(
        project.command("--forcerun", "build_store"),
        cwd=project.directory,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    snakemake = psutil.Process(run.pid)
    deadline = time.monotonic() + 60
    while not is_building(snakemake):
        assert run.poll() is None and time.monotonic() < deadline, "the build was never seen"
        time.sleep(0.02)
    time.sleep(0.2)
    os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL


def test_a_killed_run_leaves_the_earlier_store(basic: Project) -> None:
    basic.run()
    fresh = basic.store("basic").read_bytes()
    basic.store("basic").write_bytes(EARLIER)
    kill_during_build(basic)
    assert basic.store("basic").read_bytes() == EARLIER
    basic.run("--unlock")
    basic.run("--rerun-incomplete")
    assert basic.store("basic").read_bytes() == fresh
    assert basic.files() == {"basic.h5", "basic.samples.tsv"}


def test_as_a_module(tmp_path: Path) -> None:
    project = Project(tmp_path / "other project", "as_module")
    project.snakefile = CASES / "as_module" / "Snakefile"
    dry = project.run("--dry-run")
    assert jobs(dry) == {("meth_build_store", "module"), ("meth_summarize_store", "module")}
    # The user's files have no prefix; the results and logs do.
    assert re.search(r"input: data/m1\.txt, data/m2\.txt", dry)
    project.run()
    assert (project.directory / "meth" / "results" / "module.h5").exists()
    assert (project.directory / "meth" / "logs" / "build_store" / "module.log").exists()
    assert (project.directory / "results" / "samples.txt").read_text().count("\n") == 3
    assert NOTHING in project.run()
    # A build that failed is tried again, whichever file is asked for.
    project.replace("data/m1.txt", "chr1\t", "chr1\tx")
    project.fail("results/samples.txt")
    assert "m1.txt, line 1" in project.fail("results/samples.txt")


def test_the_workflow_stands_alone(basic: Project, tmp_path: Path) -> None:
    # As an installed package ships it: no Snakefile above it, no src/ beside it, no config at all.
    shutil.copytree(ROOT / "workflow", tmp_path / "shipped" / "workflow")
    basic.snakefile = tmp_path / "Snakefile"
    basic.snakefile.write_text(
        'module meth:\n    snakefile: "shipped/workflow/Snakefile"\n    config: {}\n\n'
        "use rule * from meth\n"
    )
    assert basic.builds() == {("build_store", "basic")}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"layer": ["c", "t"]}, "unknown key 'layer'; did you mean 'layers'?"),
        (
            {"chroms": {"exlude": ["chrM"]}},
            "unknown key 'chroms.exlude'; did you mean 'chroms.exclude'?",
        ),
        ({"duplicates": "mean"}, "'mean' is not one of ['error', 'sum', 'first']"),
    ],
)
def test_a_wrong_configuration_is_refused(
    basic: Project, values: dict[str, object], words: str
) -> None:
    basic.configure(**values)
    assert words in basic.fail("--dry-run")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\tpath\t", "\tfile\t", "samples.tsv: column path is missing"),
        ("s2\tdata", "s1\tdata", "samples.tsv: sample 's1' stands twice in cohort 'basic'"),
        ("\tbasic\tf", "\t../basic\tf", "line 3: cohort '../basic' cannot name a file"),
        ("data/s3.txt", "data/none.txt", "data/none.txt"),
    ],
)
def test_a_wrong_sheet_is_refused(basic: Project, old: str, new: str, words: str) -> None:
    basic.replace("config/samples.tsv", old, new)
    assert words in basic.fail("--dry-run")


def test_a_plain_off_is_taken(basic: Project) -> None:
    path = basic.directory / "config" / "config.yaml"
    path.write_text("pct_check: off\nchroms:\n  exclude: [chrX]\n")
    assert basic.builds("--printshellcmds") == {("build_store", "basic")}


def test_the_environment_names_this_release() -> None:
    pins = yaml.safe_load((ROOT / "workflow" / "envs" / "methcohort.yaml").read_text())
    project = (ROOT / "pyproject.toml").read_text()
    version = re.search(r'^version = "(.+)"$', project, re.MULTILINE)
    assert version
    assert {"pip": [f"methcohort=={version[1]}"]} in pins["dependencies"]


def test_the_shipped_configuration_is_the_defaults() -> None:
    schema = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())
    shipped = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    assert shipped == defaults(schema)


def defaults(schema: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return the default of every key, those inside a mapping included."""
    return {
        key: defaults(value) if "properties" in value else value["default"]
        for key, value in json.loads(json.dumps(schema["properties"])).items()
    }


def test_a_missing_file_is_told_although_the_store_exists(basic: Project) -> None:
    """Snakemake alone would take the earlier store as it is, without the new sample."""
    basic.run()
    sheet = basic.directory / "config" / "samples.tsv"
    columns = len(sheet.read_text().splitlines()[0].split("\t"))
    row = ["new", "data/typo.txt", "basic", *[""] * (columns - 3)]
    sheet.write_text(sheet.read_text() + "\t".join(row) + "\n")
    said = basic.fail()
    assert "data/typo.txt" in said
    assert "do not exist" in said
