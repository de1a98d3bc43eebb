"""The documentation says what is so: options, keys, datasets, digests, examples, links."""

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import cohorts
import h5py
import numpy as np
import pytest
import yaml
from places import ROOT
from test_layers import FLOORS
from trials.kinds import KINDS

import methcohort
from methcohort.cli.commands import _group as group
from methcohort.store.schema import FILTER_COUNTS, SAMPLE_COUNTS

PAGES = sorted(
    path for folder in (".", "docs", "config", "benchmarks") for path in ROOT.glob(f"{folder}/*.md")
)
COMMANDS = group.list_commands(click.Context(group))


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands under a heading of the second level."""
    _, found, rest = text.partition(f"\n## {title}\n")
    assert found, f"no section {title}"
    return rest.partition("\n## ")[0]


def code(text: str, language: str) -> list[str]:
    """The code blocks of a language; those without one have the language ""."""
    blocks = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [block for found, block in blocks if found == language]


def command(name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


def options(command: click.Command) -> set[str]:
    """All spellings of the options of a command."""
    params = [param for param in command.params if isinstance(param, click.Option)]
    below = list(command.commands.values()) if isinstance(command, click.Group) else []
    return {"-h", "--help"}.union(*(param.opts for param in params), *map(options, below))


def documented_options(text: str) -> set[str]:
    """Options in the first cells of tables."""
    cells = re.findall(r"^\| (`-.*?) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(--?[A-Za-z-]+)", cell)}


@pytest.mark.parametrize("name", COMMANDS)
def test_options_of_a_command(name: str) -> None:
    text = section(page("docs/cli.md"), f"methcohort {name}")
    assert documented_options(text) == options(command(name))
    assert re.search(rf"\nmethcohort {name}[ \n]", text), "there is no example"


def test_options_of_the_group() -> None:
    assert documented_options(page("docs/cli.md").partition("\n## ")[0]) == options(group)


def shown_commands() -> list[str]:
    """The lines of code blocks that call the command."""
    blocks = [block for path in PAGES for block in code(page(str(path.relative_to(ROOT))), "")]
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if re.match(r"methcohort [a-z]", line)})


@pytest.mark.parametrize("line", shown_commands())
def test_shown_commands_can_be_parsed(line: str) -> None:
    name, *arguments = shlex.split(line)[1:]
    shown = command(name)
    while isinstance(shown, click.Group):
        name, *arguments = arguments
        shown = shown.commands[name]
    shown.make_context(name, arguments)


def schema_defaults() -> Iterator[tuple[str, Any]]:
    """Every key of the configuration and its default; keys of mappings with a point."""
    schema = yaml.safe_load(page("workflow/schemas/config.schema.yaml"))
    for key, rule in schema["properties"].items():
        if "properties" not in rule:
            yield key, rule["default"]
        else:
            for inner, inner_rule in rule["properties"].items():
                yield f"{key}.{inner}", inner_rule["default"]


def test_keys_in_the_example_configuration() -> None:
    """config.yaml has every key, each with its default."""
    found: dict[str, Any] = {}
    for key, value in yaml.safe_load(page("config/config.yaml")).items():
        found |= {f"{key}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {}
        found |= {} if isinstance(value, dict) else {key: value}
    assert found == dict(schema_defaults())


def test_keys_in_the_manual() -> None:
    """The table of config/README.md has every key with its default."""
    text = section(page("config/README.md"), "The configuration: `config/config.yaml`")
    rows = re.findall(r"^\| `([a-z_.]+)` \| `(.*?)` \|", text, re.MULTILINE)
    assert {key: yaml.safe_load(value) for key, value in rows} == dict(schema_defaults())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two sheet columns, several chromosomes and three digest blocks of sites.

    One sample knows strand and context.
    """
    root = tmp_path_factory.mktemp("docs")
    samples, _ = cohorts.simulate(3, 3, {"chr1": 60, "chr2": 40, "chr10": 20})
    extra = {
        "sex": ["female", "", 'say "b\\c"'],
        "größe": ["1", "2", "3"],
        "format": ["bismark_report", "five_column", "five_column"],
    }
    cohort = cohorts.make_cohort(root, samples, extra=extra)
    report = [f"{chrom}\t{pos}\t+\t{c}\t{t}\tCG\tCGA\n" for chrom, pos, _, c, t in samples[0]]
    cohort.paths[0].write_text("".join(report), encoding="utf-8")
    bed = root / "sites.bed"
    bed.write_text("chr1\t0\t70000\nchr2\t10\t70000\nchr10\t0\t9\n", encoding="utf-8")
    sizes = root / "chrom.sizes"
    sizes.write_text("chr1\t90000\nchr2\t80000\nchr10\t70000\n", encoding="utf-8")
    config = {"sites": str(bed), "assembly": "GRCh38", "chrom_sizes": str(sizes)}
    return cohort.build(config=config)


def documented_tree() -> dict[str, str]:
    """Datasets of docs/format.md: the path, and the type with the shape."""
    (tree,) = code(section(page("docs/format.md"), "Tree"), "")
    lines = [line.split(maxsplit=1) for line in tree.splitlines()]
    found = {line[0]: line[1] for line in lines if line[0] != "/"}
    of_counts = found.pop("/samples/COUNT")
    return found | {f"/samples/{name}": of_counts for name in SAMPLE_COUNTS}


def test_datasets_in_the_format(store: Path) -> None:
    """The tree lists what a store has, with dtypes and numbers of axes."""
    tree = documented_tree()
    found: dict[str, h5py.Dataset] = {}
    with h5py.File(store) as file:
        file.visititems(
            lambda _, item: found.update({item.name: item} if hasattr(item, "shape") else {})
        )
        assert set(tree) == set(found)
        assert tree["/layers/t"] == "the same as c"
        assert file["layers/t"].dtype == file["layers/c"].dtype
        for name, what in tree.items():
            if name == "/layers/t":
                continue
            dtype = "string" if found[name].dtype.kind == "S" else found[name].dtype.name
            assert dtype in re.findall(r"[a-z]+[0-9]*", what.partition("[")[0]), name
            shape = re.search(r"\[(.*?)\]", what)
            assert shape is not None
            assert len(shape[1].split(",")) == found[name].ndim, name


def test_attributes_in_the_format(store: Path) -> None:
    text = section(page("docs/format.md"), "Attributes of the root")
    with h5py.File(store) as file:
        assert set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)) == set(file.attrs)
        provenance = json.loads(file.attrs["provenance"])
        assert set(provenance) == set(json.loads(code(text, "json")[0]))
        for key in provenance["config"]:
            assert f"`{key}`" in text, key


def text_of(values: Any) -> list[str]:
    return [bytes(value).decode() for value in np.asarray(values).ravel()]


def quoted(text: str) -> str:
    """A JSON string as docs/format.md describes it."""
    named = dict(zip("\b\t\n\f\r", "btnfr", strict=True))
    out = ""
    for char in text:
        if char in '"\\':
            out += "\\" + char
        elif char in named:
            out += "\\" + named[char]
        else:
            out += char if char >= " " else f"\\u{ord(char):04x}"
    return f'"{out}"'


def listed(items: list[str]) -> str:
    return "[" + ", ".join(items) + "]"


def blocks_of(values: Any, dtype: str) -> bytes:
    """Digests of blocks of 65536 values, one after another."""
    data = np.asarray(values).astype(dtype)
    return b"".join(
        hashlib.sha256(data[k : k + 65536].tobytes()).digest() for k in range(0, len(data), 65536)
    )


def recomputed_digest(path: Path) -> str:
    """The digest by the recipe of docs/format.md, from values alone, not from /digests."""
    with h5py.File(path) as file:
        columns = text_of(file["sheet/columns"])
        rows = [listed([quoted(v) for v in text_of(row)]) for row in file["sheet/values"][()]]
        items = {
            "assembly": bytes(file.attrs["assembly"]),
            "chroms/name": "\n".join(text_of(file["chroms/name"])).encode(),
            "chroms/offset": file["chroms/offset"][()].astype("<i8").tobytes(),
            "sites/pos": blocks_of(file["sites/pos"], "<i4"),
            **{
                f"sites/{name}": blocks_of(file[f"sites/{name}"], "u1")
                for name in ("strand", "context")
                if name in file["sites"]
            },
            "samples/name": "\n".join(text_of(file["samples/name"])).encode(),
            "sheet": listed([listed([quoted(v) for v in columns]), listed(rows)]).encode(),
        }
        for layer in text_of(file.attrs["layers"]):
            values = file["layers"][layer][()]
            name = {"u1": "uint8", "u2": "uint16", "u4": "uint32", "f4": "float32"}[
                values.dtype.str[1:]
            ]
            blocks = b"".join(blocks_of(row, f"<{values.dtype.str[1:]}") for row in values)
            items[f"layers/{layer}"] = f"{name}\n".encode() + blocks
    lines = [f"{name} {hashlib.sha256(data).hexdigest()}\n" for name, data in items.items()]
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def test_digest_recipe(store: Path) -> None:
    with h5py.File(store) as file:
        assert file["digests/sites"].shape == (3, 32)
        assert recomputed_digest(store) == bytes(file.attrs["digest"]).decode()


def test_digest_recipe_without_columns_or_pct(
    cohort: Callable[..., cohorts.Cohort], tmp_path: Path
) -> None:
    path = cohort(2).build(config={"layers": ["c", "t"]})
    with h5py.File(path) as file:
        assert recomputed_digest(path) == bytes(file.attrs["digest"]).decode()


def test_seal_recipe(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seal by the recipe of docs/format.md, and the line that is shown there."""
    text = section(page("docs/format.md"), "The seal")
    (shown,) = code(text, "")
    assert re.fullmatch(r"# methcohort sealed: size \d{21} crc32 [0-9a-f]{8}\n", shown)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "example.h5").write_bytes(store.read_bytes())
    monkeypatch.chdir(tmp_path)
    (recipe,) = code(text, "python")
    exec(recipe, {})  # the documentation's own text
    data = store.read_bytes()
    assert len(shown) + 1 == 64
    assert data[-64:-63] == b"\n"
    assert data[-63:].startswith(b"# methcohort sealed: size ")


def test_sum_rule(cohort: Callable[..., cohorts.Cohort]) -> None:
    """n_rows is the sum of what docs/format.md says it is the sum of."""
    (rule,) = [b for b in code(page("docs/format.md"), "") if b.startswith("n_rows =")]
    named = re.findall(r"n_[a-z_]+", rule)[1:]
    names = [name for name in named if name not in FILTER_COUNTS]
    assert tuple(named[len(names) :]) == FILTER_COUNTS
    path = cohort(3).build(config={"chroms": {"exclude": ["chr2"]}, "min_samples": 2})
    with h5py.File(path) as file:
        counts = {name: item[()] for name, item in file["samples"].items()}
        assert {n for n in counts if n.startswith(("n_dropped", "n_summed", "n_collapsed"))} == set(
            names
        )
        placed = counts["n_sites"]  # the configuration drops rows without reads
        assert (counts["n_rows"] == placed + sum(counts[name] for name in names)).all()
        assert counts["n_dropped_sites"].any()


@pytest.mark.parametrize("name", ["README.md", "docs/api.md"])
def test_python_examples_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All examples of a page, one after another, beside a store like that of the demo."""
    rows = [("chr21", pos, "75.0", 3, 1) for pos in (1_958_515, 1_958_564, 2_000_000)]
    cohort = cohorts.make_cohort(tmp_path / "config", [rows, rows])
    (tmp_path / "data").mkdir()
    cohorts.write_sample(tmp_path / "data" / "s01.txt", rows)
    (tmp_path / "results").mkdir()
    methcohort.build(cohort.sheet, tmp_path / "results" / "example.h5", workers=0)
    monkeypatch.chdir(tmp_path)
    examples = code(page(name), "python")
    assert examples
    namespace: dict[str, Any] = {}
    for example in examples:
        exec(example, namespace)  # the documentation's own text
    assert namespace["region"].pos.tolist() == [1_958_515, 1_958_564]
    assert capsys.readouterr().out


def test_public_names_in_the_api() -> None:
    text = page("docs/api.md")
    for name in methcohort.__all__:
        assert re.search(rf"`{name}[`(]", text), name
    kinds = methcohort.Store, methcohort.Region, methcohort.SampleView, methcohort.Block
    for kind in kinds:
        part = section(text, f"`{kind.__name__}`")
        for name in vars(kind):
            if not name.startswith("_"):
                assert re.search(rf"`{name}[`(]", part), f"{kind.__name__}.{name}"


def test_layers_in_the_design() -> None:
    text = section(page("docs/design.md"), "The packages")
    rows = re.findall(r"^\| [0-9]+ \| (.*?) \|", text, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == FLOORS


def anchors(text: str) -> set[str]:
    """Anchors of headings, as the usual renderers make them."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links(path: Path) -> None:
    """Relative links lead to files that exist, and to headings in them."""
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


FAULT = re.compile(r"^\| (F\d+) \| (.+) \|$", re.MULTILINE)


def test_every_fault_has_tests() -> None:
    """The page on reliability lists each fault with tests that exist."""
    faults = dict(FAULT.findall(page("docs/reliability.md")))
    assert set(faults) == {f"F{k}" for k in range(1, 53)}
    for fault, cells in faults.items():
        named = re.findall(r"`((?:test_|slurm/)\w+\.py)::(test_\w+)`", cells)
        assert named, f"{fault} names no test"
        for file, test in named:
            (found,) = (ROOT / "tests").rglob(file)
            text = found.read_text(encoding="utf-8")
            assert f"\ndef {test}(" in text, f"{fault}: no {file}::{test}"


def test_the_soak_was_run() -> None:
    """Its table has a row for each kind of trial, and no silent error."""
    _, found, rest = page("docs/reliability.md").partition("<!-- soak -->\n")
    assert found
    rows = re.findall(r"^\| ([\d,]+) \| `(\w+)`: .* \| (\d+) \|$", rest, re.MULTILINE)
    assert {kind for _, kind, _ in rows} == set(KINDS)
    assert [row for row in rows if row[0] == "0" or row[2] != "0"] == []
