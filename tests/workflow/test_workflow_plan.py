"""The workflow's own Python, without Snakemake: what is asked for, and what each rule needs."""

import importlib.util
import inspect
import json
import logging
import os
import random
import re
import shutil
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml
from places import ROOT
from snakemake.io import is_flagged

import methcohort
from methcohort.cohort.config import Config, parse_size
from methcohort.cohort.config_schema import changed_content, config_schema
from methcohort.cohort.recipe import Recipe, digest_of, ends_of, is_remote, write_recipe
from methcohort.cohort.sheet import read_cohort
from methcohort.core.errors import ConfigError, InputError, StoreError
from methcohort.files.identity import identity
from methcohort.genome.aliases import TABLES

SCRIPTS = ROOT / "workflow" / "scripts"
SCHEMA = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())


def load(name: str) -> ModuleType:
    """Load a file of the workflow as `common.smk` does."""
    spec = importlib.util.spec_from_file_location(f"methcohort_{name}", SCRIPTS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SETTINGS, ASKED, PLAN, NEEDS, FAILURES = map(
    load, ("settings", "asked", "plan", "needs", "failures")
)
SHEET = "sample\tpath\tcohort\tformat\tmerge_as\tsex\n"
CONFIGS: list[dict[str, Any]] = [
    {},
    {"threads": 7, "memory": "1GB", "scatter": {"batches": 3}, "changed": "refuse"},
    {"chroms": {"exclude": ["chrX", "größe 'q'"]}, "min_samples": 2, "layers": ["c", "t"]},
    {"pct_check": False, "base_check": "off", "pct_tolerance": 1, "chunks": [3, 4096]},
    {"custom": {"chr": 1, "pos": 2, "c": 3, "t": 4, "only": {"5": "m"}}},
    {"custom": {"mine": {"chr": "chrom", "pos": 2, "c": "a", "n": "b"}}},
    {"sites": "some/sites.bed", "reference": "genome.fa", "aliases": "names.tsv"},
    {"aliases": "GRCh38:refseq", "assembly": "x y"},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project: two cohorts in a sheet with all that a sheet may have, some of it odd."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "some").mkdir()
    rows = [f"s{k}\ts{k}.txt\ta\t\t{'both' if k in (2, 5) else ''}\t ♀ \n" for k in range(7)]
    rows += ["# no row\n", "\r\n", f"s1\t{tmp_path}/s1.txt\tb.c\tfive_column\t\t\r\n"]
    text = "\ufeff" + SHEET + "".join(rows)
    (tmp_path / "config" / "samples.tsv").write_bytes(text.encode())
    for k in range(7):
        (tmp_path / f"s{k}.txt").write_bytes(
            os.urandom([0, 1, 70_000, 65_536, 65_537, 9, 200_000][k])
        )
    for name in ("some/sites.bed", "genome.fa", "names.tsv"):
        (tmp_path / name).write_text(name)
    return tmp_path


def asked_of(config: dict[str, Any], version: str = "1.2.3", made: tuple[str, ...] = ()) -> Any:
    """Return what is asked for, as `common.smk` has it."""
    whole = SETTINGS.completed(config, SCHEMA)
    given = SETTINGS.changed_content(whole, SCHEMA)
    return ASKED.Asked(whole, given, version, stored, lambda path: path in made)


def stored(path: str) -> Any:
    """Return an object that a storage says it has."""
    thing = SimpleNamespace(exists=lambda: True, size=lambda: 12, mtime=lambda: len(path))
    return SimpleNamespace(flags={"storage_object": thing})


def job(**wildcards: str) -> Any:
    """Return wildcards as Snakemake has them."""
    return SimpleNamespace(get=wildcards.get, **wildcards)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_one_idea_of_what_is_content(config: dict[str, Any]) -> None:
    """The schema says it; the recipe has what differs from the defaults, and gives all back."""
    rules = config_schema()["properties"]
    content = Config.from_mapping(config).content()
    decides = {key for key in rules if rules[key].get("content") is not False}
    assert {*content, "chrom_sizes"} == decides  # which is there where it is given
    whole = SETTINGS.completed(config, SCHEMA)
    given = SETTINGS.changed_content(whole, SCHEMA)
    assert given == changed_content(config)
    assert json.loads(json.dumps(given)) == given
    assert Config.from_mapping(given).content() == content
    assert Config.from_mapping(whole) == Config.from_mapping(config)
    for key in ("samples", "threads", "memory", "scatter", "changed"):
        assert key not in given


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_the_command_and_the_workflow_give_one_digest(folder: Path, config: dict[str, Any]) -> None:
    """Of cohorts and batches, whatever is in the sheet, the configuration and the files."""
    asked = asked_of(config)
    for cohort, parts in (("a", ("", "1-of-2", "2-of-2", "3-of-5")), ("b.c", ("", "1-of-1"))):
        for part in parts:
            digest = asked.digest(cohort, part)
            written = write_recipe(
                "config/samples.tsv",
                "recipe.yaml",
                config=json.dumps(asked.given),
                cohort=cohort,
                batch=part.replace("-of-", "/"),
                release="1.2.3",
                digest=digest,
            )
            assert written == digest
            read = Recipe.read("recipe.yaml")
            assert read.request() == asked.request(cohort, part)
            assert yaml.safe_load((folder / "recipe.yaml").read_text())["digest"] == digest


def test_files_that_the_command_does_not_look_at(folder: Path) -> None:
    """URLs, and what other rules make: the caller says what stands for them."""
    text = SHEET + "u\ts3://bucket/u.txt\ta\t\t\t\nm\tmade.txt\ta\t\t\t\nk\ts1.txt\ta\t\t\t\n"
    (folder / "config" / "samples.tsv").write_text(text)
    asked = asked_of({"reference": "genome.fa"}, made=("made.txt", "genome.fa"))
    assert asked.unseen("a") == {"s3://bucket/u.txt": "12 17", "made.txt": "", "genome.fa": ""}
    (folder / "table").write_text(PLAN.Plan(asked, str).vouched(job(cohort="a"), None))
    options: dict[str, Any] = {"config": asked.given, "cohort": "a", "release": "1.2.3"}
    digest = write_recipe(None, "recipe.yaml", vouched="table", **options)
    assert digest == asked.digest("a")
    assert write_recipe(None, "recipe.yaml", **options) != digest


def test_a_change_of_anything_is_another_digest(folder: Path) -> None:
    before = asked_of({})
    sheet = folder / "config" / "samples.tsv"
    text = sheet.read_text(encoding="utf-8-sig")
    header, first, second, *rest = text.splitlines(keepends=True)
    seen = {before.digest("a"), asked_of({}, version="1.2.4").digest("a")}
    for old, new in (
        ("s0\t", "s9\t"), ("s3.txt", "./s3.txt"), ("\tboth", "\tbeide"), ("♀", "♂"),
        ("sex", "Sex"), ("s3\ts3.txt\ta\t\t", "s3\ts3.txt\ta\tauto\t"),
    ):  # fmt: skip
        assert old in text
        sheet.write_text(text.replace(old, new, 1))
        seen.add(asked_of({}).digest("a"))
    sheet.write_text("".join([header, second, first, *rest]))
    seen.add(asked_of({}).digest("a"))
    assert len(seen) == 9
    sheet.write_text(text.replace("b.c", "d").replace("# no row\n", "\n\n"))
    assert asked_of({"threads": 9}).digest("a") == before.digest("a")
    data = bytearray((folder / "s6.txt").read_bytes())
    for place, differs in ((0, True), (65_535, True), (100_000, False), (199_999, True)):
        data[place] ^= 1
        (folder / "s6.txt").write_bytes(data)
        seen.add(asked_of({}).digest("a"))
        assert len(seen) == 9 + [0, 65_535, 199_999].index(place) + 1 if differs else True
        data[place] ^= 1


def test_batches_are_those_of_the_command(folder: Path) -> None:
    """Samples that are merged stay together."""
    asked = asked_of({})
    cohort = read_cohort("config/samples.tsv", "a")
    n = asked.n_samples("a")
    assert n == len(cohort.samples) == 6
    for n_batches in range(1, n + 1):
        for k, part in enumerate(PLAN.parts_of(n_batches), 1):
            names = [source.name for _, source in cohort.batch(k, n_batches).sources]
            assert [row["sample"] for row in asked.batch_rows("a", part)] == names


def test_what_stands_in_both_is_the_same() -> None:
    """What the workflow has to know at its start, and the package knows as well."""
    assert ASKED.TABLES == TABLES
    for word in ASKED.SITE_WORDS:
        assert Config.from_mapping({"sites": word, "reference": "x"}).bed is None
    for size in ("1B", "3kB", "1.5MB", "4GB", "0.1TB", "7KiB", "512MiB", "1.5GiB", "2TiB"):
        assert NEEDS.megabytes(size) == max(1, parse_size(size) // 10**6)
    for path in ("s3://b/k", "https://x/y", "data/s3.txt", "C://x", "a.b+c-d://e", "/x://y"):
        assert ASKED.is_remote(path) == is_remote(path)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"chroms": {"exlude": []}}, "unknown key chroms.exlude; did you mean chroms.exclude?"),
        ({"duplicates": "mean"}, 'duplicates: "mean"; expected one of "error", "sum", "first"'),
        ({"scatter": {"batches": "0"}}, "scatter.batches: 0; expected a whole number from 1 to"),
        ({"samples": "none.tsv"}, "none.tsv: the sheet cannot be read"),
        ({"custom": {"chr": 0}}, "custom"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_the_package(
    folder: Path, config: dict[str, Any], words: str
) -> None:
    """Also without the release that the jobs use, it is one sentence."""
    whole = SETTINGS.completed(config, SCHEMA)
    own = SETTINGS.release("methcohort==9", [])
    assert words in SETTINGS.package_fault(whole, own)
    assert SETTINGS.package_fault(whole, "9") == ""
    if "samples" in config:
        assert SETTINGS.fault(whole, SCHEMA, own) == ""
    else:
        assert words in SETTINGS.fault(whole, SCHEMA, own)
        alone = SETTINGS.fault(whole, SCHEMA, "9")
        assert alone.startswith("the configuration: ") and "\n" not in alone


def test_a_sheet_is_looked_at_where_a_recipe_is_missing(published: "Published") -> None:
    """By the package, in its words; of what has a recipe nothing is wrong."""
    asked = asked_of(published.config)

    def wanted(fault: str) -> list[str]:
        plan = PLAN.Plan(asked, lambda: fault)
        plan.place(str(published.results / ".recipes" / "{cohort}.{digest}.yaml"))
        found: list[str] = plan.wanted(None)
        return found

    with pytest.raises(SystemExit, match=r"^methcohort: error: what is wrong"):
        wanted("what is wrong")
    for path in wanted(""):
        Path(path).touch()
    assert len(wanted("what is wrong")) == 2


def test_the_release_is_that_of_the_jobs() -> None:
    pins = "dependencies:\n  - pip:\n      - methcohort==9.8\n"
    assert SETTINGS.release(pins, ["DeploymentMethod.CONDA"]) == "9.8"
    assert SETTINGS.release(pins, []) != "9.8"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\tpath\t", "\tfile\t", "config/samples.tsv: the columns path are missing"),
        ("\ta\t", "\t../a\t", "cohort '../a' cannot name a file"),
        (
            "\ta\t",
            "\t" + "".join(map(str, range(200)))[:200] + "\t",
            "found a name of 200 letters; expected at most",
        ),
        ("s1\ts1.txt", "s1", "config/samples.tsv, line 3: found 5 fields; expected 6"),
    ],
)
def test_a_sheet_that_cannot_be_planned(folder: Path, old: str, new: str, words: str) -> None:
    sheet = folder / "config" / "samples.tsv"
    sheet.write_text(sheet.read_text().replace(old, new))
    with pytest.raises(SystemExit, match=r"^methcohort: error: ") as refusal:
        asked_of({})
    assert words in str(refusal.value)


def test_files_that_are_missing_or_cannot_be_named(folder: Path) -> None:
    asked = asked_of({}, made=("later.txt",))
    assert asked.files("a", ["s1.txt", "later.txt"]) == ["s1.txt", "later.txt"]
    assert all(is_flagged(path, "local") for path in asked.files("a", ["s1.txt"]))
    with pytest.raises(SystemExit, match="do not exist, and no rule makes them"):
        asked.files("a", ["s1.txt", "none.txt"])
    with pytest.raises(SystemExit, match=r"... and 5 more$"):
        asked.files("a", [f"{{{k}}}" for k in range(25)])
    with pytest.raises(SystemExit, match="with braces in its name; move or rename it"):
        ASKED.refuse_braces("/a/{b}")


class Published:
    """A project with a store that was published by a recipe; `plan` plans anew."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder, self.config = folder, config
        self.results = folder / "results"
        (self.results / ".recipes").mkdir(parents=True)
        self.store = self.results / "a.h5"

    def plan(self, **config: Any) -> Any:
        plan = PLAN.Plan(asked_of(self.config | config), str)
        plan.place(str(self.results / ".recipes" / "{cohort}.{digest}.yaml"))
        return plan

    def publish(self) -> None:
        plan = self.plan()
        recipe = self.write(plan)
        built = Path(plan.built(job(cohort="a"))).name
        published = plan.published_file(job(cohort="a"), None)
        Path(published).write_text(f"# {built}\n{recipe.read_text()}")
        self.store.write_text("a store")

    def write(self, plan: Any) -> Path:
        recipe = self.results / ".recipes" / f"a.{plan.asked.digest('a')}.yaml"
        write_recipe(
            "config/samples.tsv", recipe, config=plan.asked.given, cohort="a", release="1.2.3"
        )
        return recipe


@pytest.fixture
def published(folder: Path) -> Published:
    made = Published(folder, {"scatter": {"batches": 3}})
    made.publish()
    return made


def test_a_recipe_that_was_published_is_old_for_ever(published: Published) -> None:
    """Unless a build was begun since; then its text is another, which checksums see."""
    plan = published.plan()
    recipe = published.results / ".recipes" / f"a.{plan.asked.digest('a')}.yaml"
    os.utime(published.store, (0, 0))
    assert is_flagged(plan.recipe(job(cohort="a")), "ancient")
    text = recipe.read_text()
    Path(plan.begun(job(cohort="a"), None)).touch()
    assert not is_flagged(plan.recipe(job(cohort="a")), "ancient")
    assert recipe.read_text() == text
    os.utime(published.store)
    os.utime(recipe, (1, 1))
    plan.recipe(job(cohort="a"))
    assert recipe.read_text() == text + "\n"
    assert recipe.stat().st_mtime >= published.store.stat().st_mtime
    assert Recipe.read(recipe).digest == plan.asked.digest("a")
    assert plan.wanted(None) == [
        str(recipe), str(recipe.with_name(f"b.c.{plan.asked.digest('b.c')}.yaml"))
    ]  # fmt: skip


def test_one_job_or_many(published: Published) -> None:
    """By many where most is new, or nothing can be taken from the published store."""
    plan = published.plan()
    assert plan.built(job(cohort="a")).endswith(f"/3.{plan.asked.digest('a')}.h5")
    # Nothing has changed but the number of batches: the same name, so nothing is to be done.
    assert published.plan(scatter={"batches": 1}).built(job(cohort="a")).split("/")[-1][:2] == "3."
    sheet = published.folder / "config" / "samples.tsv"
    text = sheet.read_text()
    sheet.write_text(text + "new\ts0.txt\ta\t\t\t\n")
    assert published.plan().route("a") == 1
    (published.results / ".recipes" / "a.published.yaml").rename(published.folder / "away")
    assert published.plan().route("a") == 3
    (published.folder / "away").rename(published.results / ".recipes" / "a.published.yaml")
    for config in ({"min_samples": 2}, {"sites": "intersection"}, {"assembly": "x"}):
        assert published.plan(**config).route("a") == 3
    sheet.write_text(text)
    for name in ("s1", "s3", "s4", "s5"):
        (published.folder / f"{name}.txt").write_text(name)
    assert published.plan().route("a") == 3
    # The one job refuses; the many would not know the files of before.
    assert published.plan(changed="refuse").route("a") == 1
    published.store.unlink()
    assert published.plan(changed="refuse").route("a") == 3


def test_stores_that_cannot_grow_are_built_by_many(folder: Path) -> None:
    """Where sites were left out of it, the recipe says so."""
    made = Published(folder, {"scatter": {"batches": 3}, "min_samples": 2})
    made.publish()
    sheet = folder / "config" / "samples.tsv"
    sheet.write_text(sheet.read_text() + "new\ts0.txt\ta\t\t\t\n")
    assert made.plan().route("a") == 3


def test_a_job_keeps_to_its_recipe(published: Published) -> None:
    """On a cluster, a job that starts after the sheet was changed has the files of its recipe."""
    plan = published.plan()
    own = job(cohort="a", digest=plan.asked.digest("a"))
    files = plan.files(own)
    sheet = published.folder / "config" / "samples.tsv"
    sheet.write_text(SHEET + "x\ts0.txt\ta\t\t\t\n")
    assert published.plan().files(own) == files
    assert published.plan().files(job(cohort="a", digest="0" * 16)) == ["s0.txt"]


def test_names_of_recipes_are_of_one_cohort(published: Published) -> None:
    """What publishing removes of cohort a is not of cohorts whose names begin so."""
    plan, digest = published.plan(), "0123456789abcdef"
    pattern = plan.other_recipes(job(cohort="a"), None)
    names = [f"{cohort}.{digest}.yaml" for cohort in ("a", f"a.{digest}", "a.h5", "ab", "A")]
    folder = published.folder / "names"
    folder.mkdir()
    for name in [*names, "a.published.yaml", "a.second.published.yaml"]:
        (folder / name).touch()
    assert [path.name for path in folder.glob(pattern)] == [f"a.{digest}.yaml"]


def test_no_parameter_is_a_reason_to_build() -> None:
    """Snakemake records none of those that are functions of what it knows of a job only."""
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    blocks = re.findall(r"^    params:\n((?:        .*\n)+)", text, re.MULTILINE)
    assert tuple(sorted(re.findall(r"^rule (\w+):", text, re.MULTILINE))) == FAILURES.RULES
    given = {name for block in blocks for name in re.findall(r"=([\w.]+),", block)}
    assert len(blocks) == 8 and len(given) > 10
    for name in given - {"get_page_script"}:
        owner, _, method = name.partition(".")
        function = getattr({"plan": PLAN.Plan, "needs": NEEDS}[owner], method)
        assert {"input", "output", "resources"} & set(inspect.signature(function).parameters), name


def test_the_last_words_are_those_of_the_command(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_text("methcohort: reading\nmethcohort: error: a\nmethcohort: error: b\n")
    assert FAILURES.last_words("build_store", str(log)).splitlines()[1:] == [
        "methcohort: error: a",
        "methcohort: error: b",
    ]
    log.write_text("methcohort: reading\nKilled\n")
    assert FAILURES.last_words("build_store", str(log)).endswith("methcohort: reading\nKilled")
    assert "was its job killed?" in FAILURES.last_words("x", str(tmp_path / "none"))


def test_only_what_failed_in_the_end_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of our rules, whatever a module has named them."""
    failures = FAILURES.Failures()

    def record(level: int, **said: object) -> None:
        failures.emit(logging.makeLogRecord({"levelno": level, **said}))

    for jobid, rule in enumerate(("meth_build_store", "theirs", "load_batch")):
        log = [str(tmp_path / rule)]
        record(logging.ERROR, jobid=jobid, rule_name=rule, log=log)
    record(logging.INFO, job_id=2)
    record(logging.INFO)
    failures.show()
    said = capsys.readouterr().err
    assert "Rule meth_build_store failed" in said
    assert "theirs" not in said and "load_batch" not in said


def test_a_recipe_is_taken_as_it_was_written(folder: Path) -> None:
    """One that was changed by hand, cut or is something else is refused."""
    path = folder / "recipe.yaml"
    write_recipe(None, path, cohort="a")
    text = path.read_text()
    assert Recipe.read(path).text() == text
    rng = random.Random(1)
    for _ in range(200):
        k = rng.randrange(text.index("version"), len(text) - 3)
        changed = text[:k] + rng.choice(string.ascii_letters) + text[k + 1 :]
        if changed != text:
            path.write_text(changed)
            with pytest.raises(InputError, match=r"^recipe|recipe\.yaml: is not a recipe"):
                Recipe.read(path)
    for other in ("", "[]", "{}", '{"request": {}, "digest": 3}', "\x00"):
        path.write_text(other)
        with pytest.raises(InputError, match="is not a recipe that methcohort recipe wrote"):
            Recipe.read(path)


@pytest.mark.parametrize(
    "change",
    [
        {"files": [1]}, {"rows": [[1, 2, 3]]}, {"rows": 3}, {"of": [1]}, {"of": 1},
        {"of": ["1", 2]}, {"version": None}, {"version": 3}, {"columns": None}, {"batch": {}},
        {"files": {"a.txt": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_recipe_of_other_kinds_of_values_is_none(folder: Path, change: dict[str, Any]) -> None:
    """Also where its digest fits."""
    write_recipe(None, "recipe.yaml", cohort="a")
    asked = json.loads(Path("recipe.yaml").read_text())["request"] | change
    asked = {key: value for key, value in asked.items() if value is not None}
    found = {"digest": digest_of(asked), "can_grow": True, "request": asked}
    Path("recipe.yaml").write_text(json.dumps(found))
    with pytest.raises(InputError, match=r"recipe\.yaml: is not a recipe that methcohort"):
        Recipe.read("recipe.yaml")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "9.9"}, r"is a recipe of methcohort 9\.9; expected one of \d"),
        ({"files": {}}, r"does not say which file s0\.txt was"),
    ],
    ids=str,
)
def test_a_recipe_made_by_hand_builds_nothing(
    folder: Path, change: dict[str, Any], said: str
) -> None:
    """One of another version, or that vouches for no file, though its digest fits."""
    write_recipe(None, "recipe.yaml", cohort="a")
    asked = json.loads(Path("recipe.yaml").read_text())["request"] | change
    found = {"digest": digest_of(asked), "can_grow": True, "request": asked}
    Path("recipe.yaml").write_text(json.dumps(found))
    with pytest.raises(InputError, match=rf"^recipe\.yaml: {said}.*write it again with"):
        methcohort.build(None, "a.h5", recipe="recipe.yaml")


def test_a_recipe_replaces_recipes_alone(folder: Path) -> None:
    """A sheet, a text file and a store stay as they are; nothing is left beside them."""
    write_recipe(None, "recipe.yaml", cohort="a")
    first = Path("recipe.yaml").read_bytes()
    write_recipe(None, "recipe.yaml", cohort="a")
    assert Path("recipe.yaml").read_bytes() == first
    kept = [path for path in folder.rglob("*.*") if path.is_file() and path.stat().st_size]
    for path in [path for path in kept if path.name != "recipe.yaml"]:
        before = path.read_bytes()
        with pytest.raises(StoreError, match="exists and is not a recipe; only an earlier recipe"):
            write_recipe(None, path, cohort="a")
        assert path.read_bytes() == before
    with pytest.raises(StoreError, match="found a folder"):
        write_recipe(None, folder, cohort="a")
    with pytest.raises(StoreError, match="does not exist"):
        write_recipe(None, folder / "none" / "x.yaml", cohort="a")
    assert not list(folder.rglob(".*.lock")) + list(folder.rglob("*.tmp"))


@pytest.mark.parametrize("batch", ["0/0", "0/2", "3/2", "1", "a/2", "1/2/3"])
def test_no_such_batch(folder: Path, batch: str) -> None:
    with pytest.raises(ConfigError, match=r"found --batch .*; expected a number and how many"):
        write_recipe(None, "recipe.yaml", cohort="a", batch=batch)


def test_files_have_to_stay_those_of_the_recipe(folder: Path) -> None:
    """Before they are read, as they are opened, and when the result is to be published."""
    write_recipe(None, "recipe.yaml", cohort="a", batch="1/2")
    recipe = Recipe.read("recipe.yaml")
    wanted = recipe.wanted({})
    assert (wanted.batch, wanted.n_samples, wanted.n_files) == ("1/2", 6, 7)
    sources = [source for _, source in wanted.cohort.sources]
    assert [source.name for source in sources] == ["s0", "s1", "s2", "s5"]
    assert all(source.known == identity(source.path) for source in sources)
    wanted.cohort.confirm()
    shutil.copy2(folder / "s1.txt", folder / "copy")
    (folder / "copy").rename(folder / "s1.txt")
    assert recipe.wanted({}).cohort == recipe.wanted({}).cohort != wanted.cohort
    with pytest.raises(InputError, match=r"^s1\.txt: has changed since recipe\.yaml was written"):
        wanted.cohort.confirm()
    for change in (lambda: (folder / "s1.txt").write_text("x"), (folder / "s1.txt").unlink):
        change()
        with pytest.raises(
            InputError, match=r"^s1\.txt: has changed since recipe\.yaml was written"
        ):
            recipe.wanted({})
    with pytest.raises(ConfigError, match="beside a sheet"):
        methcohort.build("config/samples.tsv", "a.h5", recipe="recipe.yaml")


def test_the_recipe_of_a_batch_is_not_that_of_a_store(folder: Path) -> None:
    write_recipe(None, "recipe.yaml", cohort="a", batch="1/2")
    with pytest.raises(ConfigError, match="the recipe of batch 1/2; expected that of a whole"):
        methcohort.build(None, "a.h5", recipe="recipe.yaml")
    with pytest.raises(InputError, match="has changed since this run began"):
        write_recipe(None, "recipe.yaml", cohort="a", digest="0" * 16)


def test_ends_of_what_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    for name in ("pipe", "some", "none", "a\0b"):
        assert ends_of(name) == ""
    for name in ("s0.txt", "s1.txt", "s2.txt"):
        assert ends_of(name) == ASKED.ends_of(name)


@pytest.fixture(autouse=True)
def _no_caches() -> Iterator[None]:
    """Leave no bytecode beside the workflow's files."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    yield
    sys.dont_write_bytecode = before


def test_files_of_the_configuration_are_read_strictly(tmp_path: Path) -> None:
    """Snakemake reads 010 as 8; a file of another workflow is its own affair."""
    path = tmp_path / "config.yaml"
    path.write_text("min_samples: 010\nmin_samples: 2\n")
    own = methcohort.__version__
    assert "line 1: found 010" in SETTINGS.file_fault([path], own)
    assert SETTINGS.file_fault([path], "9") == ""
    keys = SCHEMA["properties"]
    other = tmp_path / "other.yaml"
    other.write_text("methcohort: {sites: union}\n")
    tabbed = tmp_path / "tabbed.json"
    tabbed.write_text('{\n\t"sites": "union"\n}')
    empty = tmp_path / "empty.yaml"
    empty.touch()
    files = [path, other, tabbed, empty]
    assert SETTINGS.own_files(files, keys, used=True) == [path, tabbed, empty]
    assert SETTINGS.own_files(files, keys, used=False) == files
    assert SETTINGS.file_fault([tabbed, empty], own) == ""
