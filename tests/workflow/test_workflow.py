"""The workflow: real runs of Snakemake in copies of the cases under tests/workflow."""

import hashlib
import html.parser
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from projects import CASES, NOTHING, ROOT, Project, jobs, outputs

import methcohort

DOORS = ["Snakefile", "workflow/Snakefile"]
EARLIER = b"\x89HDF\r\n\x1a\n and then nothing that a store has"
RULES = ("write_recipe", "build_store", "publish_store", "summarize_store")


@pytest.fixture
def basic(tmp_path: Path) -> Project:
    # Blanks and quotes in the path, here and in every test that follows.
    return Project(tmp_path / "that's my project", "basic")


@pytest.fixture
def two(tmp_path: Path) -> Project:
    return Project(tmp_path / "two cohorts", "two_cohorts")


@pytest.mark.parametrize("door", DOORS)
def test_a_dry_run_and_lint(basic: Project, door: str) -> None:
    # A front door that merely includes the workflow has "nothing to be done", and exits with 0.
    basic.snakefile = ROOT / door
    # As a user who stands elsewhere: the profile is found beside the Snakefile.
    for name in ("Snakefile", "workflow", "profiles"):
        (basic.directory / name).unlink()
    said = basic.run("--dry-run")
    assert jobs(said) == {(rule, "basic") for rule in RULES}
    profile = (ROOT / door).parent / "profiles" / "default"
    assert f"workflow specific profile {profile}" in said
    assert "in a good condition" in basic.run("--lint")


def test_the_profiles() -> None:
    """One text in both places where Snakemake looks; the cluster's profile has its settings."""
    text = (ROOT / "profiles" / "default" / "config.yaml").read_text()
    assert (ROOT / "workflow" / "profiles" / "default" / "config.yaml").read_text() == text
    default = yaml.safe_load(text)
    slurm = yaml.safe_load((ROOT / "workflow" / "profiles" / "slurm" / "config.yaml").read_text())
    assert default["rerun-incomplete"] is True
    assert {key: slurm[key] for key in default} == default


class Cells(html.parser.HTMLParser):
    """The rows of all tables of a page, as lists of text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data.strip()


def test_a_run_then_nothing_to_be_done_then_a_report(basic: Project) -> None:
    """F35, F36: and the report shows how the store was made and what was dropped."""
    basic.configure(chroms={"exclude": ["chrX"]}, assembly="<b>&tiny")
    basic.run()
    assert basic.files() == outputs("basic")
    basic.assert_right("basic")
    table = (basic.directory / "results" / "basic.samples.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in table] == ["sample", "s1", "s2", "s3"]
    assert NOTHING in basic.run("--dry-run")
    basic.snakefile = basic.directory / "workflow" / "Snakefile"
    assert NOTHING in basic.run()
    basic.run("--report", "report.html")
    report = (basic.directory / "report.html").read_text()
    assert "basic.samples.tsv" in report
    assert "basic.html" in report
    assert "merged into one HDF5 store" in report
    check_page(basic)


def check_page(project: Project) -> None:
    """The page for the report says of the store what `info` says."""
    page = (project.directory / "results" / "basic.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    rows = Cells(page).rows
    info = methcohort.info(project.store("basic"))
    facts = {row[0]: row[1] for row in rows if len(row) == 2}
    assert facts["digest of the content"] == info["digest"]
    assert facts["assembly"] == "<b>&tiny"
    assert facts["chroms.exclude"] == '["chrX"]'
    assert f"methcohort {methcohort.__version__}" in facts["made by"]
    (head,) = [row for row in rows if "chromosome left out" in row]
    for one, given in zip(info["samples"], info["inputs"], strict=True):
        (dropped,) = [row for row in rows if row[0] == one["sample"] and len(row) == len(head)]
        found = dict(zip(head, dropped, strict=True))
        assert one["n_dropped_chroms"] > 0
        assert found["chromosome left out"] == found["all reasons"] == f"{one['n_dropped_chroms']}"
        assert found["rows of text"] == f"{one['n_rows']}"
        assert found["rows in store"] == f"{one['n_rows'] - one['n_dropped_chroms']}"
        (source,) = [row for row in rows if given["sha256"] in row]
        assert source[:6] == [
            one["sample"],
            one["sample"],
            given["path"],
            "five_column",
            "1",
            given["decided_by"],
        ]


def test_only_what_changed_is_built_again(two: Project) -> None:
    two.run()
    before = {cohort: two.store(cohort).read_bytes() for cohort in "ab"}

    two.configure(threads=2, memory="2GB")
    assert NOTHING in two.run("--set-threads", "build_store=1")
    # The layout of the sheet is nobody's business; the rows of b are only b's.
    two.replace("config/samples.tsv", "# two stores from one sheet\n", "\n\n")
    assert two.builds() == set()
    # One sample's file: a real run, which leaves the other store alone.
    lines = (two.directory / "data" / "a1.txt").read_text().splitlines(keepends=True)
    (two.directory / "data" / "a1.txt").write_text("".join(lines[:-5]))
    assert {cohort for _, cohort in jobs(two.run())} == {"a"}
    assert two.store("a").read_bytes() != before["a"]
    assert two.store("b").read_bytes() == before["b"]


SHARED = {"bed": "targets.bed", "reference": "genome.fa", "aliases": "names.tsv"}


def give_shared_files(project: Project) -> None:
    """Give a project a BED file, a reference and a table of names, which all its stores use."""
    names = ("chr1", "chr2", "chr10", "chrX")
    texts = {
        "bed": "".join(f"{name}\t99\t400\n" for name in names),
        "reference": "".join(f">{name}\n{'ACGT' * 500}\n" for name in names),
        "aliases": "1\tchr1\n",
    }
    for key, text in texts.items():
        (project.directory / SHARED[key]).write_text(text)
    nulls = {"chr": None, "pos": None, "base": 1}
    project.configure(
        sites="targets.bed",
        reference="genome.fa",
        aliases="names.tsv",
        custom=nulls,
        base_check=False,
    )
    sheet = project.directory / "config" / "samples.tsv"
    header, *rows = [line for line in sheet.read_text().splitlines() if line[:1] != "#"]
    lines = [f"{header}\tformat\tmerge_as", *(f"{row}\tauto\t" for row in rows)]
    sheet.write_text("\n".join(lines) + "\n")


def test_files_that_all_stores_use_are_inputs(two: Project) -> None:
    """A BED file, a reference, aliases; and what the sheet says of formats and replicates."""
    give_shared_files(two)
    two.run()
    two.assert_right("a", "b")
    page = (two.directory / "results" / "a.html").read_text()
    for path in SHARED.values():
        content = (two.directory / path).read_bytes()
        assert f"{path} sha256:{hashlib.sha256(content).hexdigest()}" in page
        (two.directory / path).touch()
    assert two.builds() == set()
    (two.directory / "names.tsv").write_text("2\tchr1\n")
    assert two.builds() == {"a", "b"}
    (two.directory / "genome.fa").unlink()
    assert re.search(r"no rule makes them; .*:\ngenome.fa$", two.fail(), re.MULTILINE)


def test_a_failed_build_leaves_the_earlier_store(basic: Project) -> None:
    basic.run()
    fresh = basic.store("basic").read_bytes()
    # Whatever lies in the place of the store: a failed build leaves it, a good one does not use it.
    basic.store("basic").write_bytes(EARLIER)
    good = (basic.directory / "data" / "s2.txt").read_text()
    basic.replace("data/s2.txt", "chr1\t", "chr1\t-")

    # After a failed job Snakemake itself takes the store for finished: each try must fail anew,
    # whichever file is asked for.
    for target in ("all", "results/basic.samples.tsv"):
        said = basic.fail(target)
        assert re.search(r"s2\.txt, line 1: .*-", said), said
        assert basic.store("basic").read_bytes() == EARLIER
        assert basic.files() == outputs("basic")

    (basic.directory / "data" / "s2.txt").write_text(good)
    basic.run()
    assert basic.store("basic").read_bytes() == fresh
    assert NOTHING in basic.run()


def test_as_a_module(tmp_path: Path) -> None:
    project = Project(tmp_path / "other project", "as_module")
    project.snakefile = CASES / "as_module" / "Snakefile"
    dry = project.run("--dry-run")
    assert jobs(dry) == {(f"meth_{rule}", "module") for rule in RULES}
    # The user's files have no prefix; the results and logs do.
    assert re.search(r"input: meth/\S+\.yaml, data/m1\.txt, data/m2\.txt, config/names\.tsv", dry)
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
    assert basic.builds() == {"basic"}


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        (
            "config/config.yaml",
            "assembly",
            "asembly",
            "unknown key asembly; did you mean assembly?",
        ),
        ("config/samples.tsv", "cohort\tsex", "cohort\tformat", "line 2: found the format 'm'; "),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    basic: Project, path: str, old: str, new: str, words: str
) -> None:
    """At the start of any run, as its last line, and without Snakemake's stack."""
    basic.replace(path, old, new)
    said = basic.fail("--dry-run")
    last = said.splitlines()[-1]
    assert last.startswith("methcohort: error: ") and words in last
    assert 'File "' not in said


def test_a_number_inside_a_mapping_is_taken_from_the_command_line(basic: Project) -> None:
    """Snakemake gives it as text."""
    said = basic.run("--dry-run", "--config", "scatter={batches: 2}")
    assert re.search("^load_batch +2$", said, re.MULTILINE)


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
