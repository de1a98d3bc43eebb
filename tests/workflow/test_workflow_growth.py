"""Cohorts that grow, and stores that are built in parts: real runs of the workflow."""

import re
import shutil
from collections.abc import Callable

import pytest
from projects import NOTHING, Project, outputs

import methcohort

TAKEN = "{} of {} samples are taken from results/basic.h5"
Made = Callable[[], Project]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Copies of a project whose store is built."""
    first = Project(tmp_path_factory.mktemp("made") / "it's made", "basic")
    first.run()
    return lambda: first.copy(tmp_path_factory.mktemp("copy") / "my project")


@pytest.fixture(scope="module")
def scattered(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Copies of a project whose store was built by two batches; its folder has an odd name."""
    first = Project(tmp_path_factory.mktemp("scattered") / "it's {made}", "basic")
    for name in ("workflow", "profiles", "Snakefile"):
        (first.directory / name).unlink()
    methcohort.init(tmp_path_factory.getbasetemp() / "fresh")
    shutil.copy(tmp_path_factory.getbasetemp() / "fresh" / "Snakefile", first.directory)
    shutil.copytree(
        tmp_path_factory.getbasetemp() / "fresh" / "profiles", first.directory / "profiles"
    )
    first.configure(scatter={"batches": 2})
    said = first.run()
    assert ran(said) == [
        "load_batch", "load_batch", "find_sites",
        "pack_range", "pack_range", "assemble_store", "publish_store", "summarize_store",
    ]  # fmt: skip
    return lambda: first.copy(tmp_path_factory.mktemp("copy") / "my {project}")


def ran(said: str) -> list[str]:
    """Return the rules of the jobs that were run, in their order in the workflow."""
    order = [
        "build_store", "load_batch", "find_sites", "pack_range", "assemble_store", "publish_store",
        "summarize_store",
    ]  # fmt: skip
    found = re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", said, re.MULTILINE)
    return sorted((one for one in found if one in order), key=order.index)


def add_sample(project: Project, name: str, text: str | None = None) -> None:
    """Add a row to the sheet, of a file that is like that of another sample, or of a text."""
    data = project.directory / "data"
    (data / f"{name}.txt").write_text(
        text or (data / "s1.txt").read_text().replace("chr1\t", "chr1\t2", 1)
    )
    sheet = project.directory / "config" / "samples.tsv"
    sheet.write_text(f"{sheet.read_text()}{name}\tdata/{name}.txt\tbasic\tf\n")


def log(project: Project) -> str:
    return (project.directory / "logs" / "build_store" / "basic.log").read_text()


def assert_done(project: Project) -> None:
    """The store has the bytes of a build of all text; nothing is left, and nothing to be done."""
    project.assert_right("basic")
    assert project.files() == outputs("basic")
    assert NOTHING in project.run()


def test_a_cohort_grows_and_shrinks(made: Made) -> None:
    """F47: only what is new or has changed is read; all else comes from the published store."""
    project = made()
    before = project.store("basic").read_bytes()
    add_sample(project, "s4", "no calls\n")
    assert "s4.txt: found rows of 2 columns" in project.fail()
    assert project.store("basic").read_bytes() == before
    shutil.copy(project.directory / "data" / "s1.txt", project.directory / "data" / "s4.txt")
    project.run()
    assert TAKEN.format(3, 4) in log(project)
    assert_done(project)
    project.replace("data/s2.txt", "chr1\t", "chr1\t1")
    project.replace("config/samples.tsv", "s1\tdata/s1.txt\tbasic\tm\n", "")
    project.store("basic").chmod(0o640)
    project.run()
    assert project.store("basic").stat().st_mode & 0o777 == 0o640
    assert TAKEN.format(2, 3) in log(project)
    assert_done(project)


def test_changed_files_are_refused(made: Made) -> None:
    project = made()
    project.configure(changed="refuse")
    assert NOTHING in project.run()
    before = project.store("basic").read_bytes()
    project.replace("data/s2.txt", "chr1\t", "chr1\t1")
    assert "since changed is refuse; set changed: replace" in project.fail()
    assert project.store("basic").read_bytes() == before
    project.configure(changed="replace")
    project.run()
    assert_done(project)


@pytest.mark.parametrize("what", ["cut", "of other settings"])
def test_an_earlier_store_of_no_use(made: Made, what: str) -> None:
    """F47: it is told in the log, and all text is read."""
    project = made()
    store = project.store("basic")
    if what == "cut":
        store.write_bytes(store.read_bytes()[:-100])
    else:
        project.configure(min_samples=2)
    add_sample(project, "s4")
    project.run()
    assert "are taken from" not in log(project)
    why = {"cut": "; all text is read", "of other settings": "no sample is taken from results"}
    assert why[what] in log(project)
    assert_done(project)


def test_a_store_in_parts(scattered: Made) -> None:
    """F48: the bytes of one job, and no reason to be made again, by more jobs or by one."""
    project = scattered()
    assert NOTHING in project.run("--dry-run")
    project.store("basic").unlink()
    assert ran(project.run()).count("load_batch") == 2
    assert_done(project)
    project.configure(scatter={"batches": 1})
    assert NOTHING in project.run("--dry-run")


def test_a_large_cohort_grows_by_few(scattered: Made) -> None:
    """F48: one job merges a new sample; where most is new, or nothing can be taken, all batches."""
    project = scattered()
    add_sample(project, "s4")
    assert ran(project.run()) == ["build_store", "publish_store", "summarize_store"]
    assert TAKEN.format(3, 4) in log(project)
    assert_done(project)
    for name in ("s1", "s2", "s3"):
        project.replace(f"data/{name}.txt", "chr1\t", "chr1\t1")
    said = project.run("--dry-run")
    assert re.findall("^(?:load_batch|build_store) +[0-9]+$", said, re.MULTILINE)[0][-1] == "2"


def test_a_lost_job_repeats_its_own_part(scattered: Made) -> None:
    """F48: the earlier store stays, and a batch that is whole is not read again."""
    project = scattered()
    before = project.store("basic").read_bytes()
    project.store("basic").chmod(0o600)
    project.configure(scatter={"batches": 2}, uncovered="keep")
    good = (project.directory / "data" / "s2.txt").read_text()
    project.replace("data/s2.txt", "chr1\t", "chr1\tx")
    assert "s2.txt, line 1" in project.fail("--keep-going")
    assert project.store("basic").read_bytes() == before
    (project.directory / "data" / "s2.txt").write_text(good)
    assert ran(project.run()).count("load_batch") == 1
    assert project.store("basic").stat().st_mode & 0o777 == 0o600
    assert_done(project)


def test_what_was_removed_is_made_once(made: Made) -> None:
    """F47: pages come from the store; a cut store is told, and one that is gone is made."""
    project = made()
    (project.directory / "results" / "basic.html").unlink()
    assert ran(project.run()) == ["summarize_store"]
    store = project.store("basic")
    store.write_bytes(store.read_bytes()[:-100])
    assert "build it again\nTo have it built again, remove it and run again.\n" in project.fail()
    store.unlink()
    assert ran(project.run()) == ["build_store", "publish_store", "summarize_store"]
    assert_done(project)


def test_a_damaged_part_is_made_again(scattered: Made) -> None:
    """F48: the job that finds it removes it, and the next run needs nobody to help."""
    project = scattered()
    project.configure(scatter={"batches": 2}, uncovered="keep")
    project.run("--until", "load_batch", "--notemp")
    built = project.directory / "results" / ".built" / "basic"
    first, second = sorted(built.glob("*.batch"))
    first.write_bytes(first.read_bytes()[:-100])
    kept = second.stat().st_ino
    assert f"{first.name} is removed; run again" in project.fail()
    assert not first.exists() and second.stat().st_ino == kept
    assert ran(project.run()).count("load_batch") == 1
    assert_done(project)
