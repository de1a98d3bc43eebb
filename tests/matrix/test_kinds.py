"""Strand and context of the sites: compared with dictionaries, in stores and on their way there."""

import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cohorts
import h5py
import handmade
import numpy as np
import pytest
from handmade import Site, Values

import methcohort
from methcohort import InputError, StoreError
from methcohort.cohort import jobs
from methcohort.engine import Memory, SharedArray
from methcohort.engine.pool import Pool
from methcohort.files import cut
from methcohort.matrix import site_kinds as kinds
from methcohort.matrix.axis import Sites
from methcohort.rows.file_rows import FileRows
from methcohort.rows.index import Catalog
from methcohort.store.cytosine import (
    BOTH,
    CHG,
    CHH,
    CONTEXTS,
    CPG,
    MINUS,
    PLUS,
    STRANDS,
    contexts_of,
    strands_of,
)
from methcohort.store.seal import append_seal

KNOWN = (PLUS | CPG, MINUS | CPG, BOTH | CPG, PLUS | CHG, MINUS | CHH, PLUS, CHH, 0)
NAMES = {"CpG": "CG", "CHG": "CHG", "CHH": "CHH"}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    account = handmade.memory_in(tmp_path)
    yield account
    account.close()


def test_values_of_all_kinds() -> None:
    """Each of the 32 kinds has a strand and a context."""
    every = np.arange(32, dtype=np.uint8)
    strands = [STRANDS[value] for value in strands_of(every)]
    contexts = [CONTEXTS[value] for value in contexts_of(every)]
    for kind, strand, context in zip(range(32), strands, contexts, strict=True):
        assert strand == {0: "unknown", PLUS: "+", MINUS: "-", BOTH: "both"}[kind & BOTH]
        known = [name for bit, name in ((CPG, "CpG"), (CHG, "CHG"), (CHH, "CHH")) if kind & bit]
        assert context == (known[0] if len(known) == 1 else "mixed" if known else "unknown")
    out = np.empty(32, np.uint8)
    assert contexts_of(every, out) is out
    assert [CONTEXTS[value] for value in out] == contexts


def put_sites(memory: Memory, wanted: list[Site], n_chroms: int) -> Sites:
    pos = memory.share(np.array([pos for _, pos in wanted], np.int32))
    sizes = [sum(chrom == k for chrom, _ in wanted) for k in range(n_chroms)]
    return Sites(pos, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def put_catalog(memory: Memory, files: list[FileRows], n_chroms: int) -> Catalog:
    runs = []
    for rows in files:
        chroms = [int(rows.names[k].removeprefix("chr")) for k in rows.runs[:, 0]]
        edges = [*rows.runs[:, 1].tolist(), rows.n_rows]
        table = [[chrom, *span] for chrom, span in zip(chroms, pairwise(edges), strict=True)]
        runs.append(np.array(table, np.int64).reshape(-1, 3))
    return Catalog.build([rows.blocks for rows in files], runs, n_chroms, memory.sizes())


def drawn(rng: random.Random, n_chroms: int, n: int, known: tuple[int, ...]) -> dict[Site, Values]:
    places = [
        (rng.randrange(n_chroms), rng.randint(1, 3 * n + 1)) for _ in range(rng.randint(0, n))
    ]
    return {place: (1, 1, rng.choice(known)) for place in places}


@pytest.mark.parametrize("limit", [0, 1 << 30])
@pytest.mark.parametrize("workers", [0, 2])
def test_random_samples(tmp_path: Path, limit: int, workers: int, monkeypatch: Any) -> None:
    """Rows in blocks cut anywhere, with kinds or none, at all, some or other sites."""
    monkeypatch.setattr(kinds, "BLOCK_SITES", 64)
    rng = random.Random(limit + workers)
    for _ in range(15):
        memory = handmade.memory_in(tmp_path, limit)
        n_chroms, n = rng.randint(1, 4), rng.choice([3, 50, 300])
        with Pool(workers, memory) as pool:
            tables, files = [], []
            for _ in range(rng.randint(1, 5)):
                table = drawn(rng, n_chroms, n, KNOWN)
                with_kind = rng.random() < 0.7
                cuts = [rng.randint(0, len(table)) for _ in range(rng.choice([0, 2, 40]))]
                files.append(handmade.put_rows(memory, table, cuts, with_kind=with_kind))
                tables.append({k: row[2] if with_kind else 0 for k, row in table.items()})
            every = {key for table in tables for key in table}
            others = set(drawn(rng, n_chroms, n, (0,)))
            wanted = sorted(rng.choice([every, others, every | others, every & others]))
            sites = put_sites(memory, wanted, n_chroms)
            reference, known = None, [0] * len(wanted)
            if rng.random() < 0.4:
                known = [rng.choice(KNOWN) for _ in wanted]
                reference = put_reference(memory, known)
            told = dict(zip(wanted, known, strict=True))
            catalog = put_catalog(memory, files, n_chroms)
            found = kinds.kinds_of_sites(pool, memory, catalog, sites, reference)
            for table in tables:
                for k, key in enumerate(wanted):
                    known[k] |= table.get(key, 0)
            if found is None:
                assert not any(known)
            else:
                assert any(known)
                assert found.values.open(memory.arenas).tolist() == known
                assert found.agree == all_agree(tables, dict(zip(wanted, known, strict=True)), told)
        memory.close()


def all_agree(tables: list[dict[Site, int]], known: dict[Site, int], told: dict[Site, int]) -> bool:
    """Tell whether of each site the reference tells all, or every row the same."""
    return all(
        known[site] == told[site] if told[site] else kind == known[site]
        for table in tables
        for site, kind in table.items()
        if site in known
    )


def put_reference(memory: Memory, known: list[int]) -> SharedArray:
    return memory.share(np.array(known, np.uint8))


# Stores.


def cytosines(seed: int, n: int) -> list[tuple[str, int, str, str]]:
    """Chromosome, position, strand and context of a made-up genome, in order; CpG in pairs."""
    rng = random.Random(seed)
    found = []
    for chrom in ("chr2", "chr10"):
        at = 0
        for _ in range(n):
            at += rng.randint(2, 9)
            context = rng.choice(["CpG", "CpG", "CHG", "CHH"])
            if context == "CpG":
                found += [(chrom, at, "+", "CpG"), (chrom, at + 1, "-", "CpG")]
                at += 1
            else:
                found.append((chrom, at, rng.choice("+-"), context))
    return found


def write_report(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    """Write rows (chrom, pos, strand, context, c, t) as a cytosine report."""
    lines = [
        f"{chrom}\t{pos}\t{strand}\t{c}\t{t}\t{NAMES[context]}\tNNN\n"
        for chrom, pos, strand, context, c, t in rows
    ]
    path.write_text("".join(lines))
    return path


class Made:
    """A cohort of reports: its files, its sheet, and the rows of each sample."""

    def __init__(self, root: Path, seed: int, n_samples: int = 4, n: int = 120) -> None:
        rng = random.Random(seed)
        self.root = root
        root.mkdir(exist_ok=True)
        self.samples = []
        every = cytosines(seed, n)
        for _ in range(n_samples):
            self.samples.append(
                [
                    (*site, rng.randint(0, 9), rng.randint(0, 300))
                    for site in every
                    if rng.random() < 0.6
                ]
            )
        paths = [write_report(root / f"s{k}.txt", rows) for k, rows in enumerate(self.samples)]
        self.sheet = root / "samples.tsv"
        lines = [f"s{k}\t{path}\tone\tbismark_report\n" for k, path in enumerate(paths)]
        self.sheet.write_text("sample\tpath\tcohort\tformat\n" + "".join(lines))

    def build(self, name: str = "store.h5", **options: Any) -> Path:
        methcohort.build(self.sheet, self.root / name, **{"workers": 0} | options)
        return self.root / name

    def tables(self, contexts: tuple[str, ...] = ()) -> list[dict[Any, Any]]:
        """Rows with reads of each sample: c, t, strand and context by chromosome and position."""
        return [
            {
                (chrom, pos): (c, t, strand, context)
                for chrom, pos, strand, context, c, t in rows
                if c + t and (not contexts or context in contexts)
            }
            for rows in self.samples
        ]


def content(path: Path) -> tuple[dict[Any, Any], list[dict[Any, tuple[int, int]]]]:
    """Strand and context of each site, and c and t of each sample where it was observed."""
    with h5py.File(path) as file:
        chroms = cohorts.strings(file["chroms/name"])
        offset = file["chroms/offset"][()].tolist()
        pos = file["sites/pos"][()].tolist()
        keys = [
            (name, pos[k])
            for name, span in zip(chroms, pairwise(offset), strict=True)
            for k in range(*span)
        ]
        legends = {
            n: [x.decode() for x in file[f"sites/{n}"].attrs["legend"]]
            for n in ("strand", "context")
        }
        known = zip(
            *([legends[n][value] for value in file[f"sites/{n}"][()]] for n in legends), strict=True
        )
        c, t = file["layers/c"][()].tolist(), file["layers/t"][()].tolist()
        values = [
            {key: (a, b) for key, a, b in zip(keys, *row, strict=True) if a + b}
            for row in zip(c, t, strict=True)
        ]
    return dict(zip(keys, known, strict=True)), values


CONFIGS: dict[str, dict[str, Any]] = {
    "union": {},
    "three of four": {"min_samples": 3},
    "intersection": {"sites": "intersection"},
    "BED": {"sites": "sites.bed"},
    "CpG": {"contexts": ["CpG"]},
    "CHG and CHH": {"contexts": ["CHG", "CHH"], "layers": ["c", "t"]},
}


@pytest.mark.parametrize("case", CONFIGS)
@pytest.mark.parametrize("collapse", [False, True])
def test_stores(tmp_path: Path, case: str, collapse: bool, monkeypatch: Any) -> None:
    """All modes of sites: strand and context of each site, counts, and rows accounted for."""
    made = Made(tmp_path / "a", 3)
    config = CONFIGS[case]
    bed = [("chr2", 20, 200), ("chr10", 0, 90)]
    (tmp_path / "sites.bed").write_text("".join(f"{c}\t{a}\t{b}\n" for c, a, b in bed))
    monkeypatch.chdir(tmp_path)
    if case == "BED":
        config = {"sites": "./sites.bed"}
    tables = made.tables(tuple(config.get("contexts", ())))
    n_added = [0] * len(tables)
    if collapse:
        config = config | {"strands": "collapse"}
        for k, table in enumerate(tables):
            joined: dict[Any, Any] = {}
            for (chrom, pos), (c, t, strand, context) in table.items():
                key = (chrom, pos - (context == "CpG" and strand == "-"))
                before = joined.get(key, (0, 0))
                n_added[k] += key in joined
                joined[key] = (
                    c + before[0],
                    t + before[1],
                    "both" if context == "CpG" else strand,
                    context,
                )
            tables[k] = joined
    least = {"three of four": 3, "intersection": 4}.get(case, 1)
    every = {key for table in tables for key in table}
    wanted = {key for key in every if sum(key in table for table in tables) >= least}
    if case == "BED":
        wanted = {(c, p + 1) for c, a, b in bed for p in range(a, b)}
    store = made.build(config=config)
    known, values = content(store)
    assert set(known) == wanted
    for key, said in known.items():
        told = {table[key][2:] for table in tables if key in table}
        assert said == (told.pop() if told else ("unknown", "unknown"))
    for table, found in zip(tables, values, strict=True):
        assert found == {key: row[:2] for key, row in table.items() if key in wanted}
    methcohort.verify(store, inputs=True, workers=0)
    with methcohort.open_store(store) as opened:
        counts = {name: found.tolist() for name, found in opened.sample_counts.items()}
    assert counts["n_collapsed"] == n_added
    wanted_contexts = CONFIGS[case].get("contexts", NAMES)
    assert counts["n_dropped_contexts"] == [
        sum(row[3] not in wanted_contexts for row in rows) for rows in made.samples
    ]


def test_same_bytes(tmp_path: Path) -> None:
    """Workers, memory, scratch, parts and the order of reading leave no trace."""
    made = Made(tmp_path / "a", 5, n_samples=3, n=500)
    for config in ({}, {"strands": "collapse"}):
        store = made.build(config=config).read_bytes()
        for k, options in enumerate(
            ({"workers": 1}, {"workers": 3}, {"workers": 2, "memory": "500MB"})
        ):
            assert made.build(f"{k}.h5", config=config, **options).read_bytes() == store


@pytest.mark.parametrize("n", [2, 7, 40])
def test_files_in_parts(tmp_path: Path, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair whose rows lie in two parts of a file is added up, and counted once."""
    made = Made(tmp_path / "a", 8, n_samples=2)
    configs: list[dict[str, Any]] = [{}, {"strands": "collapse"}]
    whole = [made.build(config=config).read_bytes() for config in configs]
    n_parts = []

    def plan(tasks: Any, _n_workers: int) -> Any:
        parts = [[replace(task, span=span) for span in cut(task.path, n)] for task in tasks]
        n_parts.extend(map(len, parts))
        return parts

    monkeypatch.setattr(jobs, "plan_spans", plan)
    assert [made.build(config=config).read_bytes() for config in configs] == whole
    assert min(n_parts) == n


def test_order_of_samples(tmp_path: Path) -> None:
    """Strand and context do not depend on which sample comes first."""
    made = Made(tmp_path / "a", 6)
    known, _ = content(made.build())
    lines = made.sheet.read_text().splitlines(keepends=True)
    made.sheet.write_text("".join([lines[0], *reversed(lines[1:])]))
    assert content(made.build("b.h5"))[0] == known


def test_unsorted_files_and_repeated_rows(tmp_path: Path) -> None:
    """Rows are put in order and added up before strands are collapsed."""
    made = Made(tmp_path / "a", 7, n_samples=1)
    (rows,) = made.samples
    random.Random(1).shuffle(rows)
    write_report(made.root / "s0.txt", rows + rows[:40])
    store = made.build(config={"strands": "collapse", "duplicates": "sum"})
    expected: dict[Any, list[int]] = {}
    for chrom, pos, strand, context, c, t in rows + rows[:40]:
        sums = expected.setdefault((chrom, pos - (context == "CpG" and strand == "-")), [0, 0])
        sums[0] += c
        sums[1] += t
    (values,) = content(store)[1]
    assert values == {key: tuple(sums) for key, sums in expected.items() if sum(sums)}
    methcohort.verify(store, inputs=True, workers=0)
    with pytest.raises(InputError, match=r"s0\.txt, line \d+: found chr\d+ \d+ a second time"):
        made.build(config={"strands": "collapse"})


def test_five_columns_know_nothing(tmp_path: Path) -> None:
    """A store of text without strand and context has none; asking gives "unknown"."""
    path = cohorts.make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)]]).build()
    with h5py.File(path) as file:
        assert list(file["sites"]) == ["pos"]
        assert sorted(file["digests"]) == ["c", "pct", "sites", "t"]
    with methcohort.open_store(path) as store:
        assert (store.kinds, store.legends) == ((), {})
        assert store.strand(0, 1).tolist() == store.context(0, 9).tolist() == [0]
        assert store.region("chr1").load().strand.tolist() == [0]
    assert methcohort.info(path)["kinds"] == {}


def test_some_samples_know(tmp_path: Path) -> None:
    """A site has what any of its samples knows of it; files that contradict make it mixed."""
    files = {
        "a": ("bismark_report", "chr1\t5\t+\t1\t1\tCG\tN\nchr1\t9\t+\t1\t1\tCG\tN\n"),
        "b": ("five_column", "chr1\t5\t50\t1\t1\nchr1\t7\t50\t1\t1\n"),
        "c": ("bismark_report", "chr1\t9\t-\t1\t1\tCHH\tN\n"),
    }
    lines = ["sample\tpath\tcohort\tformat\n"]
    for name, (form, text) in files.items():
        (tmp_path / name).write_text(text)
        lines.append(f"{name}\t{tmp_path / name}\tone\t{form}\n")
    (tmp_path / "s.tsv").write_text("".join(lines))
    methcohort.build(tmp_path / "s.tsv", tmp_path / "s.h5", workers=0)
    assert content(tmp_path / "s.h5")[0] == {
        ("chr1", 5): ("+", "CpG"),
        ("chr1", 7): ("unknown", "unknown"),
        ("chr1", 9): ("both", "mixed"),
    }


@pytest.mark.parametrize("config", [{"contexts": ["CpG"]}, {"strands": "collapse"}])
def test_files_that_do_not_tell(tmp_path: Path, config: dict[str, Any]) -> None:
    """A file without context or strand cannot be filtered or collapsed without a reference."""
    made = cohorts.make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)]])
    with pytest.raises(
        InputError, match=r"sample_1\.txt: .* does not state the .* give a reference"
    ):
        made.build(config=config)


def test_merged_and_split_files(tmp_path: Path) -> None:
    """Mixed as they are they are refused, naming one of each; collapsed they agree."""
    (tmp_path / "a").write_text("chr1\t5\t6\t30\t3\t7\n")
    (tmp_path / "b").write_text("chr1\t5\t+\t1\t2\tCG\tN\nchr1\t6\t-\t2\t5\tCG\tN\n")
    sheet = tmp_path / "s.tsv"
    sheet.write_text(
        "sample\tpath\tcohort\tformat\n"
        f"a\t{tmp_path / 'a'}\tone\tbismark_merged_cov\nb\t{tmp_path / 'b'}\tone\tbismark_report\n"
    )
    with pytest.raises(InputError, match=r"/a: has the reads of both strands .*/b has rows of"):
        methcohort.build(sheet, tmp_path / "s.h5", workers=0)
    methcohort.build(sheet, tmp_path / "s.h5", workers=0, config={"strands": "collapse"})
    known, values = content(tmp_path / "s.h5")
    assert known == {("chr1", 5): ("both", "CpG")}
    assert values == [{("chr1", 5): (3, 7)}] * 2


# What readers see of it.


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Made(tmp_path_factory.mktemp("built"), 9, n=60).build(config={"layers": ["c", "t"]})


@pytest.fixture
def target(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(built, tmp_path / "copy.h5"))


def test_reading(built: Path) -> None:
    """Store and Region give the values of the datasets."""
    with h5py.File(built) as file, methcohort.open_store(built) as store:
        assert store.kinds == ("strand", "context")
        assert store.legends == {"strand": STRANDS, "context": CONTEXTS}
        for name, read in (("strand", store.strand), ("context", store.context)):
            stored = file[f"sites/{name}"]
            assert stored.dtype == np.uint8
            for start, stop in ((0, store.n_sites), (3, 17), (5, 5), (-4, store.n_sites)):
                assert read(start, stop).tolist() == stored[start:stop].tolist()
        region = store.region("chr10:20-300", samples=["s1"])
        first = int(store.chrom_offset[1]) + int((store.pos[store.chrom_offset[1] :] < 20).sum())
        assert region.strand.tolist() == file["sites/strand"][first:][: len(region.pos)].tolist()
        assert region.context.tolist() == file["sites/context"][first:][: len(region.pos)].tolist()
        assert len(region.pos) > 9


def test_query(built: Path, run: Any) -> None:
    """The table has strand and context behind the position."""
    lines = [line.split("\t") for line in run("query", built, "chr2").stdout.splitlines()]
    assert lines[0][:5] == ["chr", "pos", "strand", "context", "s0.c"]
    known, values = content(built)
    for chrom, pos, strand, context, c, t, *_ in lines[1:]:
        assert known[chrom, int(pos)] == (strand, context)
        assert values[0].get((chrom, int(pos)), (0, 0)) == (int(c), int(t))
    assert len(lines) == 1 + sum(chrom == "chr2" for chrom, _ in known)


def test_info(built: Path, run: Any) -> None:
    """How many sites have which strand and context, and how the files were read."""
    known, _ = content(built)
    found = json.loads(run("info", built, "--json").stdout)
    strands = [strand for strand, _ in known.values()]
    assert found["kinds"]["strand"] == {name: strands.count(name) for name in ("+", "-")}
    assert sum(found["kinds"]["context"].values()) == len(known)
    assert found["format_version"] == "1.0"
    assert {(one["format"], one["base"], one["decided_by"]) for one in found["inputs"]} == {
        ("bismark_report", 1, "sheet")
    }
    assert [one["name"] for one in found["inputs"]] == ["s0", "s1", "s2", "s3"]
    text = run("info", built).stdout
    assert f"strand     + ({strands.count('+'):,}), - ({strands.count('-'):,})\n" in text
    assert "4 as bismark_report, 1-based, by the sheet" in text


# Damage.


def edited(path: Path, change: Any) -> None:
    """Change a store and seal it again."""
    path.write_bytes(path.read_bytes()[:-64])
    with h5py.File(path, "r+") as file:
        change(file)
    append_seal(path)


DAMAGE: dict[str, tuple[Any, str]] = {
    "strand": (
        lambda file: file["sites/strand"].__setitem__(5, 3),
        r"the strands of sites 0 to \d+ .* differ from their digest",
    ),
    "context": (
        lambda file: file["sites/context"].__setitem__(5, 0),
        r"the contexts of sites 0 to \d+ .* differ from their digest",
    ),
    "value without a name": (
        lambda file: file["sites/context"].__setitem__(5, 9),
        r"the contexts of sites 0 to \d+ .*: found the value 9",
    ),
    "digest": (
        lambda file: file["digests/strand"].__setitem__((0, 0), 7),
        r"names, offsets and digests give the digest",
    ),
    "legend": (
        lambda file: file["sites/strand"].attrs.__setitem__(
            "legend", np.array(["unknown", "-", "+", "both"], "S7")
        ),
        r"the legend of strand is unknown, -, \+, both; expected unknown, \+, -, both",
    ),
    "no legend": (
        lambda file: file["sites/strand"].attrs.__delitem__("legend"),
        r"the part legends cannot be read",
    ),
    "no digests": (
        lambda file: file["digests"].__delitem__("context"),
        r"the digests of context cannot be read",
    ),
    "floats": (
        lambda file: (
            file["sites"].__delitem__("strand"),
            file["sites"].create_dataset("strand", data=np.zeros(file["sites/pos"].shape)),
        ),
        r"the part legends cannot be read",
    ),
    "no strand and context": (
        lambda file: [file["sites"].__delitem__(name) for name in ("strand", "context")],
        r"names, offsets and digests give the digest",
    ),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage(target: Path, case: str) -> None:
    """verify says what is wrong with strand or context."""
    change, said = DAMAGE[case]
    edited(target, change)
    with pytest.raises(StoreError, match=said):
        methcohort.verify(target)


def test_strand_without_context(target: Path) -> None:
    """Both are there, or none."""
    edited(target, lambda file: file["sites"].__delitem__("context"))
    with pytest.raises(StoreError, match="found strand of the sites without"):
        methcohort.open_store(target)


@pytest.mark.parametrize("where", ["/sites/context", "/nowhere"])
def test_links_are_refused(target: Path, where: str) -> None:
    """Strand and context lie in the store itself, as all its parts do."""

    def link(file: h5py.File) -> None:
        del file["sites/strand"]
        file["sites/strand"] = h5py.SoftLink(where)

    edited(target, link)
    with pytest.raises(StoreError, match=r"strand is a link|found context of the sites without"):
        methcohort.open_store(target)


@pytest.mark.parametrize("name", ["strand", "context"])
def test_damaged_chunk(target: Path, name: str, run: Any) -> None:
    """Reading a damaged chunk is an error, never another value."""
    with h5py.File(target) as file:
        chunk = file[f"sites/{name}"].id.get_chunk_info(0)
    data = bytearray(target.read_bytes())
    data[chunk.byte_offset + chunk.size // 2] ^= 255
    target.write_bytes(data)
    with pytest.raises(StoreError, match=f"the {name}s of sites .*: the chunk is damaged"):
        methcohort.verify(target)
    with methcohort.open_store(target) as store:
        with pytest.raises(StoreError, match=f"the {name} of sites .* cannot be read"):
            getattr(store, name)(0, 9)
        assert store.region("chr2").c.any()
    done = run("query", target, "chr2")
    assert (done.returncode, done.stdout) == (1, "") and f"the {name} of sites" in done.stderr


def test_other_text(tmp_path: Path) -> None:
    """verify --inputs names the sites whose strand or context is another one in the text."""
    made = Made(tmp_path / "a", 10, n_samples=2, n=40)
    store = made.build()
    rows = made.samples[0]
    k = next(k for k, row in enumerate(rows) if row[3] == "CHG" and row[4] + row[5])
    rows[k] = (*rows[k][:3], "CHH", *rows[k][4:])
    path = write_report(made.root / "s0.txt", rows)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edited(store, lambda file: file["inputs/sha256"].__setitem__(0, digest.encode()))
    with pytest.raises(StoreError, match="the text gives other contexts of sites 0 to"):
        methcohort.verify(store, inputs=True, workers=0)


@pytest.mark.parametrize("version", ["2.0", "2.1", "0.9", "10.0"])
def test_another_major_version(target: Path, version: str) -> None:
    edited(target, lambda file: file.attrs.__setitem__("format-version", np.bytes_(version)))
    with pytest.raises(StoreError, match=rf"format version {version}; .* reads 1\.x; use another"):
        methcohort.open_store(target)
