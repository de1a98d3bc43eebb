"""The store follows the sheet, whatever is changed while Snakemake runs and whatever it forgets."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from places import ROOT
from projects import NOTHING, Project, jobs, outputs, wait_for

import methcohort
from methcohort.core.errors import InputError, StoreError

SWAPPED = ("data/s1.txt", "data/s3.txt")
Made = Callable[[], Project]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Copies of a project whose store is built."""
    first = Project(tmp_path_factory.mktemp("made") / "it's made", "basic")
    first.run()
    return lambda: first.copy(tmp_path_factory.mktemp("copy") / "my project")


def swap_files(project: Project) -> None:
    """Have two files change their places, as `mv` does."""
    one, other = (project.directory / path for path in SWAPPED)
    away = project.directory / "away"
    one.rename(away)
    other.rename(one)
    away.rename(other)


def swap_rows(project: Project) -> None:
    """Have two samples change their files in the sheet."""
    path = project.directory / "config" / "samples.tsv"
    one, other = SWAPPED
    text = path.read_text().replace(one, "?").replace(other, one).replace("?", other)
    path.write_text(text)


@contextlib.contextmanager
def held(project: Project, folder: Path) -> Iterator[Callable[[], int]]:
    """Start a run that waits where the build would begin; what is yielded lets it go on."""
    with project.started(**project.hold(folder)) as run:
        wait_for(folder / "go.waits")

        def go() -> int:
            (folder / "go").touch()
            return run.wait(timeout=120)

        yield go


def test_what_is_edited_while_a_job_waits_and_put_back(made: Made, tmp_path: Path) -> None:
    """A sheet that a user edits too early, and files that are swapped: no store of a mixture."""
    project = made()
    project.configure(layers=["c", "t"])
    with held(project, tmp_path / "1") as go:
        swap_rows(project)
        assert go() == 0
    swap_rows(project)
    project.assert_right("basic")
    assert NOTHING in project.run()

    project.configure(layers=["c", "t", "pct"])
    before = project.store("basic").read_bytes()
    with held(project, tmp_path / "2") as go:
        swap_files(project)
        assert go() == 1
    swap_files(project)
    assert project.store("basic").read_bytes() == before
    log = project.directory / "logs" / "build_store" / "basic.log"
    assert "data/s1.txt: has changed since results/.recipes/basic." in log.read_text()
    project.run()
    project.assert_right("basic")
    assert NOTHING in project.run()


def test_what_is_edited_before_the_recipe_is_written(made: Made, tmp_path: Path) -> None:
    """The command that writes it reads the sheet anew, and says so as the last words of the run."""
    project = made()
    project.configure(layers=["c", "t"])
    script = tmp_path / "bin" / "methcohort"
    script.parent.mkdir()
    real = shutil.which("methcohort", path=project.environment["PATH"])
    sheet = project.directory / "config" / "samples.tsv"
    edit = f"[ $1 = recipe ] && sed -i s/s2/S2/ '{sheet}'"
    script.write_text(f'#!/bin/sh\n{edit}\nexec "{real}" "$@"\n')
    script.chmod(0o755)
    path = f"{script.parent}{os.pathsep}{project.environment['PATH']}"
    project.environment = project.environment | {"PATH": path}
    said = project.fail()
    assert "the configuration or a file has changed since this run began" in said.splitlines()[-1]


def test_what_snakemake_has_forgotten(made: Made) -> None:
    """A project that was copied or restored without hidden folders of Snakemake's own."""
    project = made()
    sheet = project.directory / "config" / "samples.tsv"
    text = sheet.read_text()
    lines = text.splitlines(keepends=True)
    changed = {
        "nothing": text,
        "a row added": text + "s4\tdata/s1.txt\tbasic\tm\n",
        "a row removed": "".join(lines[:-1]),
        "renamed": text.replace("s2\t", "two\t"),
        "another order": "".join([*lines[:-2], lines[-1], lines[-2]]),
        "another column": text.replace("\tm\n", "\tM\n"),
    }
    # Restored with other times: recipes, and they alone, are newer than the store.
    for path in (project.directory / "results" / ".recipes").iterdir():
        os.utime(path, (2e9, 2e9))
    for what, rows in changed.items():
        shutil.rmtree(project.directory / ".snakemake")
        sheet.write_text(rows)
        assert project.builds() == (set() if what == "nothing" else {"basic"}), what
    sheet.write_text(text)
    for values in ("layers=[c,t]", "min_samples=2"):
        shutil.rmtree(project.directory / ".snakemake")
        assert project.builds("--config", values) == {"basic"}
    swap_rows(project)
    shutil.rmtree(project.directory / ".snakemake")
    project.run()
    project.assert_right("basic")
    shutil.rmtree(project.directory / ".snakemake")
    assert NOTHING in project.run()
    # And back, of which a recipe was written before.
    swap_rows(project)
    project.run()
    project.assert_right("basic")


def test_a_missing_file_is_told_although_the_store_exists(made: Made) -> None:
    """Snakemake alone would take the earlier store as it is, without the new sample."""
    project = made()
    sheet = project.directory / "config" / "samples.tsv"
    sheet.write_text(sheet.read_text() + "new\tdata/typo.txt\tbasic\t\n")
    assert "do not exist, and no rule makes them" in project.fail()


TWO_USES = """
configfile: "config/config.yaml"

{modules}

rule all:
    default_target: True
    input:
        rules.one_all.input,
        rules.two_all.input,
"""
USE = """
module {name}:
    snakefile: {snakefile}
    config: config
    prefix: "{name}"

use rule * from {name} as {name}_*
"""


def test_two_uses_of_one_sheet(tmp_path: Path) -> None:
    """Each has recipes and builds of its own; one of them comes from a repository of Git."""
    project = Project(tmp_path / "two", "basic")
    repository = tmp_path / "repository"
    shutil.copytree(ROOT / "workflow", repository / "workflow")
    git = ("git", "-c", "user.name=n", "-c", "user.email=e")
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "m"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    shutil.rmtree(repository / "workflow")
    commit = (repository / ".git" / "HEAD").read_text().removeprefix("ref: ").strip()
    commit = (repository / ".git" / commit).read_text().strip()
    places = {
        "one": '"workflow/Snakefile"',
        "two": f'gitfile("{repository}", path="workflow/Snakefile", commit="{commit}")',
    }
    modules = "".join(USE.format(name=name, snakefile=place) for name, place in places.items())
    (project.directory / "Snakefile").unlink()
    (project.directory / "Snakefile").write_text(TWO_USES.format(modules=modules))
    project.run()
    assert NOTHING in project.run()
    stores = [project.directory / name / "results" / "basic.h5" for name in places]
    assert stores[0].read_bytes() == stores[1].read_bytes()
    # What one has lost is not what the other has.
    stores[0].unlink()
    rules = {rule for rule, _ in jobs(project.run("--dry-run"))}
    assert rules == {f"one_{rule}" for rule in ("build_store", "publish_store", "summarize_store")}


def test_names_that_look_like_files_and_a_folder_elsewhere(tmp_path: Path) -> None:
    """Cohorts `a` and `a.h5`, a very long name, and builds on another file system."""
    project = Project(tmp_path / "names", "basic")
    long = "".join(map(str, range(55)))
    names = ("a", "a.h5", long)
    rows = [f"s1\tdata/s1.txt\t{name}\n" for name in names]
    sheet = project.directory / "config" / "samples.tsv"
    sheet.write_text("sample\tpath\tcohort\n" + "".join(rows))
    (project.directory / "results").mkdir()
    elsewhere = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path
    with tempfile.TemporaryDirectory(dir=elsewhere) as folder:
        (project.directory / "results" / ".built").symlink_to(folder)
        project.run()
        project.assert_right(*names)
        assert project.files() == outputs(*names) | {".built"}
        assert list(Path(folder).iterdir()) == []
        assert NOTHING in project.run()
        # Publishing one leaves what is built of the other.
        sheet.write_text(sheet.read_text().replace("data/s1", "data/s2"))
        project.run("--until", "build_store", "--notemp")
        project.run("results/a.h5.h5")
        assert jobs(project.run("--dry-run", "results/a.h5")) == {("publish_store", "a")}
    for name, words in (
        (2 * long, "found a name of 200 letters"),
        ("L" * 50, "one piece 20 times"),
    ):
        sheet.write_text(sheet.read_text().replace(f"\t{long}\n", f"\t{name}\n"))
        assert words in project.fail("--dry-run").splitlines()[-1]
        long = name


def test_the_sheet_is_compared_with_a_store(made: Made) -> None:
    project = made()
    with contextlib.chdir(project.directory):
        sheet = Path("config/samples.tsv")
        text = sheet.read_text()
        methcohort.verify("results/basic.h5", samples=sheet)
        methcohort.verify("results/basic.h5", inputs=True, samples=sheet)
        for rows, words in (
            (text.replace("s2\t", "two\t"), "sample 2 is s2; the sheet has two"),
            (text.replace("data/s2", "data/s1"), "sample s2: was made from data/s2.txt; "),
            (text.replace("f\n", "x\n"), "sample s2: sex is f; the sheet has x"),
            (text + "s4\tdata/s1.txt\tbasic\tm\n", "has 3 samples; the sheet has 4"),
            (text.replace("sex", "age"), "has the columns sex; the sheet has age"),
        ):
            sheet.write_text(rows)
            with pytest.raises(StoreError) as refusal:
                methcohort.verify("results/basic.h5", samples=sheet)
            assert words in str(refusal.value)
        sheet.write_text(text.replace("\tbasic\t", "\tother\t"))
        methcohort.verify("results/basic.h5", samples=sheet)  # its one cohort is the one meant
        with pytest.raises(InputError, match="no sample of cohort 'basic'"):
            methcohort.verify("results/basic.h5", samples=sheet, cohort="basic")
