"""Filtering: every value of what comes out, against a slow and obvious way to find it."""

import gzip
import hashlib
import math
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cohorts import make_cohort, simulate
from growing_stores import told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trials.growth import watched

import methcohort
from methcohort.store.schema import GONE

COUNTS = [0, 0, 0, 1, 2, 3, 5, 9, 100, 127, 128, 254, 255, 256, 300, 65_535, 65_536]
CONTEXTS = {"CpG": "CGA", "CHG": "CAG", "CHH": "CAA"}
SNPS = [("chr1", 4, "C"), ("chr1", 11, "GT"), ("chr2", 1, "A"), ("chr2", 30, "G"), ("chrX", 9, "A")]


def some_store(root: Path, seed: int) -> Path:
    """A store of few samples at few sites, in half of the cases with strands and contexts."""
    rng = np.random.default_rng(seed)
    n_samples, with_kinds = int(rng.integers(1, 7)), bool(rng.integers(2))
    sites = [
        (chrom, int(pos), str(rng.choice(["+", "-"])), str(rng.choice(list(CONTEXTS))))
        for chrom in ("chr1", "chr2")
        for pos in np.flatnonzero(rng.random(40) < 0.4) + 1
    ] or [("chr1", 7, "+", "CpG")]
    counts = [one for one in COUNTS if one <= rng.choice([9, 128, 300, 65_536])]
    rows: list[list[Any]] = []
    for _ in range(n_samples):
        rows.append([])
        for chrom, pos, strand, context in sites:
            c, t = (int(n) for n in rng.choice(counts, 2))
            if rng.random() < 0.1:
                continue
            if with_kinds:
                rows[-1].append((chrom, pos, strand, CONTEXTS[context], c, c + t, 1))
            else:
                pct = f"{100 * c / (c + t):.3f}" if c + t else "NA"
                rows[-1].append((chrom, pos, pct, c, t))
    rows[0] = rows[0] or [
        ("chr1", 7, "+", "CGA", 1, 2, 1) if with_kinds else ("chr1", 7, "50", 1, 1)
    ]
    groups = [str(rng.choice(["a", "b"])) for _ in rows]
    cohort = make_cohort(
        root, rows, extra={"group": groups}, form="allc" if with_kinds else "five_column"
    )
    layers = ["c", "t", "pct"] if rng.integers(2) else ["c", "t"]
    config = {"base_check": "off", "chunks": [int(rng.integers(1, 4)), 256], "layers": layers}
    config["uncovered"] = str(rng.choice(["keep", "drop"]))
    return cohort.build(config=config)


@dataclass
class Left:
    """What has to be left of a store, by the names of samples and the sites."""

    sites: list[int] = field(default_factory=list)
    c: list[list[int]] = field(default_factory=list)
    t: list[list[int]] = field(default_factory=list)
    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)


def bases(store: methcohort.Store, site: int) -> set[int]:
    """The C of a site, and the G of a CpG, or what may be one."""
    pos = int(store.pos[site])
    strand = context = "unknown"
    if store.kinds:
        strand = store.legends["strand"][store.strand(site, site + 1)[0]]
        context = store.legends["context"][store.context(site, site + 1)[0]]
    if context in ("CHG", "CHH"):
        return {pos}
    return {pos, pos - 1 if strand == "-" else pos + 1}


def highest(coverages: Sequence[int], options: dict[str, Any]) -> float:
    """The largest coverage that counts."""
    most: float = options.get("max_coverage") or math.inf
    share, seen = options.get("max_coverage_quantile"), sorted(n for n in coverages if n)
    if share is None or not seen:
        return most
    fits = (v for v in seen if sum(n <= v for n in seen) >= Fraction(str(share)) * len(seen))
    return min(most, next(fits))


def enough(seen: Sequence[int], groups: Sequence[str], options: dict[str, Any]) -> bool:
    """Whether samples of each group are enough."""
    wanted = options.get("min_samples", 1)
    for group in set(groups):
        size = groups.count(group)
        need = size if wanted == "all" else wanted
        if isinstance(need, str):
            need = math.ceil(Fraction(need.removesuffix("%")) * size / 100)
        if sum(groups[k] == group for k in seen) < need:
            return False
    return True


def left_of(store: methcohort.Store, options: dict[str, Any]) -> Left:
    """What is left, found value by value."""
    n = len(store.samples)
    found = Left(low=[0] * n, high=[0] * n)
    c, t = (store.read_layer(name, slice(None), 0, store.n_sites).tolist() for name in "ct")
    limits = [
        (
            options.get("min_coverage", 1),
            highest([a + b for a, b in zip(*one, strict=True)], options),
        )
        for one in zip(c, t, strict=True)
    ]
    groups = store.sheet["group"] if options.get("by") else ("",) * n
    for site in range(store.n_sites):
        chrom = store.chroms[int(np.searchsorted(store.chrom_offset, site, side="right")) - 1]
        hit = {
            base for name, start, ref in SNPS if name == chrom
            for base in range(start, start + len(ref))
        }  # fmt: skip
        if options.get("chroms") not in (None, chrom):
            continue
        if (
            "contexts" in options
            and options["contexts"] != store.legends["context"][store.context(site, site + 1)[0]]
        ):
            continue
        if "snps" in options and hit & bases(store, site):
            continue
        seen, levels = [], []
        for k in range(n):
            depth = c[k][site] + t[k][site]
            if 0 < depth < limits[k][0]:
                found.low[k] += 1
            elif depth > limits[k][1]:
                found.high[k] += 1
            elif depth:
                seen.append(k)
                levels.append(c[k][site] / depth)
        flat = options.get("min_sd") is not None and (
            len(levels) < 2 or statistics.stdev(levels) < options["min_sd"] - 1e-9
        )
        if enough(seen, groups, options) and not flat:
            found.sites.append(site)
            found.c.append([c[k][site] * (k in seen) for k in range(n)])
            found.t.append([t[k][site] * (k in seen) for k in range(n)])
    return found


def check(path: Path, new: Path, options: dict[str, Any], rows: list[int]) -> None:
    """Compare a filtered store with what has to be left of another one."""
    with methcohort.open_store(path) as store, methcohort.open_store(new) as made:
        left = left_of(store, options)
        c, t = (np.array(part, np.int64).T[rows] for part in (left.c, left.t))
        values = {name: made.read_layer(name, slice(None), 0, made.n_sites) for name in made.layers}
        np.testing.assert_array_equal(values["c"], c)
        np.testing.assert_array_equal(values["t"], t)
        assert values["c"].dtype == np.min_scalar_type(int(max(c.max(), t.max())))
        if "pct" in store.layers:
            before = store.read_layer("pct", slice(None), 0, store.n_sites)[rows][:, left.sites]
            before[c + t == 0] = np.float32("nan")
            assert before.tobytes() == values["pct"].tobytes()
        np.testing.assert_array_equal(made.pos, store.pos[left.sites])
        chrom = np.searchsorted(store.chrom_offset, left.sites, side="right") - 1
        assert list(made.chroms) == list(dict.fromkeys(store.chroms[k] for k in chrom))
        assert np.diff(made.chrom_offset).tolist() == [n for n in np.bincount(chrom).tolist() if n]
        for name in store.kinds:
            read = getattr(store, name)(0, store.n_sites)[left.sites]
            np.testing.assert_array_equal(getattr(made, name)(0, made.n_sites), read)
        assert made.samples == tuple(store.samples[k] for k in rows)
        assert made.sheet["group"] == tuple(store.sheet["group"][k] for k in rows)
        counts = {name: found.tolist() for name, found in made.sample_counts.items()}
        assert counts["n_masked_min_coverage"] == [left.low[k] for k in rows]
        assert counts["n_masked_max_coverage"] == [left.high[k] for k in rows]
        for k, row in enumerate(rows):
            gone = sum(counts[name][k] for name in GONE)
            before = int(store.sample_counts["n_sites"][row])
            zeros = (
                int(store.sample_counts["n_rows"][row])
                - before
                - sum(
                    int(store.sample_counts[name][row])
                    for name in GONE
                    if name in store.sample_counts
                )
            )
            assert counts["n_rows"][k] == counts["n_sites"][k] + zeros + gone
        (said,) = made.provenance["filter"]
        assert said["source"] == store.digest
        assert sum(said["dropped"].values()) == store.n_sites - made.n_sites
    methcohort.verify(new)


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    """Some options."""
    every = {
        "min_coverage": st.sampled_from([1, 2, 5, 200, 256]),
        "max_coverage": st.sampled_from([256, 300, 511, 70_000]),
        "max_coverage_quantile": st.sampled_from([0.01, 0.5, 0.9, 0.999, 1.0]),
        "min_samples": st.sampled_from([0, 1, 2, "all", "50%", "33.4%", "100%", "0%"]),
        "by": st.just("group"),
        "min_sd": st.sampled_from([0.0, 0.1, 0.3]),
        "chroms": st.sampled_from(["chr1", "chr2"]),
        "contexts": st.sampled_from(list(CONTEXTS)),
        "snps": st.sampled_from(["bed", "vcf"]),
    }
    names = draw(st.sets(st.sampled_from(sorted(every)), max_size=4))
    return {name: draw(every[name]) for name in sorted(names)}


def write_snps(root: Path, form: str) -> Path:
    """The same SNPs as BED or VCF."""
    path = root / f"snps.{form}"
    if form == "bed":
        lines = [f"{chrom}\t{pos - 1}\t{pos - 1 + len(ref)}" for chrom, pos, ref in SNPS]
    else:
        lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
        lines += [f"{chrom}\t{pos}\t.\t{ref}\tT,<X>\t.\t.\t." for chrom, pos, ref in SNPS]
        lines += ["chr1\t1\t.\tC\t<NON_REF>\t.\t.\tEND=40", "chr1\t2\t.\tC\t.\t.\t.\t."]
    path.write_text("\n".join(lines) + "\n")
    return path


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), options=asked(), data=st.data())
def test_random(
    seed: int,
    options: dict[str, Any],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Random stores and options, also such as leave nothing."""
    root = tmp_path_factory.mktemp("random")
    path, new = some_store(root, seed), root / "new.h5"
    asked_for = dict(options)
    if "snps" in options:
        asked_for["snps"] = write_snps(root, options["snps"])
    with methcohort.open_store(path) as store:
        if "contexts" in options and not store.kinds:
            del options["contexts"], asked_for["contexts"]
        names = data.draw(st.lists(st.sampled_from(store.samples), min_size=1, unique=True))
        rows = [store.samples.index(name) for name in names]
        sizes = [store.sheet["group"].count(one) for one in set(store.sheet["group"])]
        if options.get("min_samples") == 2 and min(sizes) < 2:
            del options["min_samples"], asked_for["min_samples"]
        if options.get("min_coverage", 1) > options.get("max_coverage", math.inf):
            del options["max_coverage"], asked_for["max_coverage"]
        if options.get("chroms", "chr1") not in store.chroms:
            del options["chroms"], asked_for["chroms"]
        nothing = not left_of(store, options).sites
    if nothing:
        said = told(methcohort.filter, path, new, samples=names, **asked_for)
        assert "sites would be left; dropped: " in said
        assert not new.exists()
        return
    methcohort.filter(path, new, samples=names, workers=0, **asked_for)
    check(path, new, options, rows)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six samples at sites of several chunks and two blocks."""
    rows, _ = simulate(4, 6, {"chr1": 60_000, "chr2": 9_000}, spacing=9)
    root = tmp_path_factory.mktemp("store")
    return make_cohort(root, rows, extra={"group": ["a", "b", "c"] * 2}).build(
        config={"chunks": [2, 4096]}
    )


def contents(path: Path) -> dict[str, Any]:
    """All values of a store."""
    with methcohort.open_store(path) as opened:
        return {
            name: opened.read_layer(name, slice(None), 0, opened.n_sites) for name in opened.layers
        } | {"pos": opened.pos}


def test_same_bytes(store: Path, tmp_path: Path) -> None:
    """Whatever the workers and the memory."""
    made = []
    for workers, memory in ((0, "4GB"), (1, "400MB"), (2, "600MB")):
        new = tmp_path / "new.h5"
        methcohort.filter(
            store, new, min_coverage=3, max_coverage_quantile=0.95, min_samples=3, min_sd=0.05,
            samples=["s5", "s1", "s2"], workers=workers, memory=memory,
        )  # fmt: skip
        made.append(new.read_bytes())
    assert made[0] == made[1] == made[2]


def test_what_nothing_touches_is_copied(store: Path, tmp_path: Path) -> None:
    """Chunks go over as they lie where neither sites nor values change."""

    def chunks(path: Path) -> set[bytes]:
        with h5py.File(path) as file:
            return {
                file[f"layers/{name}"].id.read_direct_chunk((row, site))[1]
                for name in ("c", "t", "pct")
                for row in range(0, file["layers/c"].shape[0], 2)
                for site in range(0, file["layers/c"].shape[1], 4096)
            }

    same, fewer, masked = (tmp_path / f"{name}.h5" for name in ("same", "fewer", "masked"))
    with watched() as seen:
        digest = methcohort.filter(store, same, workers=0)
        assert seen.copies == 3 * 3 * 17
        methcohort.filter(store, fewer, samples=["s3", "s4"], min_samples=0, workers=0)
        assert seen.copies == 4 * 3 * 17
        methcohort.filter(store, masked, max_coverage=39, workers=0, min_samples=0)
        assert seen.copies == 4 * 3 * 17
        methcohort.filter(store, masked, max_coverage=40, workers=0, min_samples=0)
        assert seen.copies == 7 * 3 * 17
    assert methcohort.info(store)["digest"] == digest
    assert chunks(same) == chunks(store)
    assert chunks(fewer) < chunks(store)
    for path in (same, fewer, masked):
        methcohort.verify(path)


def test_a_count_that_is_masked_needs_no_room(tmp_path: Path) -> None:
    """The dtype is that of what is left, not of what was there."""
    rows = [[("chr1", 5, "50", n, n), ("chr1", 9, "50", 4, 4)] for n in (70_000, 300, 127)]
    path, new = make_cohort(tmp_path, rows).build(), tmp_path / "new.h5"
    for most, dtype, c in ((600, "u2", [0, 300, 127]), (599, "u1", [0, 0, 127])):
        methcohort.filter(path, new, max_coverage=most, workers=0)
        found = contents(new)
        assert found["c"].dtype == dtype and found["c"][:, 0].tolist() == c
        assert np.isnan(found["pct"][:, 0]).tolist() == [n == 0 for n in c]
        methcohort.verify(new)


def test_filter_after_filter(store: Path, tmp_path: Path) -> None:
    """A filtered store can be filtered; values, then samples, then sites, say so twice."""
    first, second = tmp_path / "first.h5", tmp_path / "second.h5"
    source = methcohort.filter(store, first, min_coverage=5, where="group != 'c'", workers=0)
    methcohort.filter(first, second, max_coverage=30, min_samples="all", workers=0)
    methcohort.verify(second)
    one, two = methcohort.info(second)["provenance"]["filter"]
    assert one["options"] == {"min_coverage": 5, "where": "group != 'c'"}
    assert two["source"] == source
    assert two["options"] == {"max_coverage": 30, "min_samples": "all"}
    with methcohort.open_store(store) as before, methcohort.open_store(second) as after:
        n = sum(after.sample_counts[name] for name in GONE if name in after.sample_counts)
        assert (after.sample_counts["n_rows"] == after.sample_counts["n_sites"] + n).all()
        assert after.samples == ("s1", "s2", "s4", "s5")
        c, t = (before.read_layer(name, [0, 1, 3, 4], 0, before.n_sites) for name in "ct")
        kept = ((c + t >= 5) & (c + t <= 30)).all(axis=0)
        np.testing.assert_array_equal(contents(second)["c"], c[:, kept])
        assert (after.sample_counts["n_masked_max_coverage"] > 0).all()


def test_no_longer_its_text(store: Path, tmp_path: Path) -> None:
    """What would compare a filtered store with text, or mix both, says what to do instead."""
    new, sheet = tmp_path / "new.h5", store.parent / "samples.tsv"
    methcohort.filter(store, new, samples=["s1"], workers=0)
    for said in (
        told(methcohort.verify, new, inputs=True),
        told(methcohort.add, new, sheet),
        told(methcohort.replace, new, sheet),
        told(methcohort.remove, new, ["s1"]),
        told(methcohort.merge, [store, new], tmp_path / "merged.h5"),
    ):
        assert "was filtered, so it is no longer what its text files give; " in said
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(store.parent)
        again = tmp_path / "again.h5"
        config = {"chunks": [2, 4096]}
        methcohort.build(sheet, again, config=config, earlier=new, workers=0)
    assert again.read_bytes() == store.read_bytes()


def test_without_pct_or_unsealed(store: Path, tmp_path: Path) -> None:
    """A store that was cut is not filtered."""
    cut = tmp_path / "cut.h5"
    cut.write_bytes(store.read_bytes()[:-64])
    assert "build it again" in told(methcohort.filter, cut, tmp_path / "new.h5")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "coverage": ({"min_coverage": 0}, "found min_coverage 0; expected 1 or more"),
    "order": ({"min_coverage": 9, "max_coverage": 8}, "expected at least min_coverage, 9"),
    "quantile": ({"max_coverage_quantile": 99.9}, "expected more than 0, and at most 1"),
    "sd": ({"min_sd": 30}, "expected 0 to 1"),
    "share": ({"min_samples": "120%"}, "a number as 3, a share as 80%, or all"),
    "half": ({"min_samples": "1/2"}, "a number as 3, a share as 80%, or all"),
    "many": ({"min_samples": 7}, "has 6 samples; give fewer"),
    "groups": ({"min_samples": 3, "by": "group"}, "group 'a' has 2 samples; give fewer"),
    "column": ({"by": "grup"}, "no column 'grup' of the sheet to group by; did you mean group"),
    "sample": ({"samples": ["s9"]}, "s9"),
    "nobody": ({"where": "group == 'x'"}, "found no sample of"),
    "frequency": ({"min_af": 0.1}, "with a VCF file of snps"),
    "context": ({"contexts": "CpG"}, "the context of its sites is not known"),
    "nothing": ({"regions": "chr1:1"}, "sites would be left; dropped: 68,"),
    "list": ({"snps": "snps.txt"}, "expected a file whose name ends in .bed or .vcf"),
}


@pytest.mark.parametrize("case", WRONG)
def test_refused(store: Path, tmp_path: Path, case: str) -> None:
    """One sentence, and nothing is left behind."""
    options, expected = WRONG[case]
    said = told(methcohort.filter, store, tmp_path / "new.h5", **options)
    assert expected in said
    assert list(tmp_path.iterdir()) == []


def test_regions_of_a_file(store: Path, tmp_path: Path) -> None:
    """The provenance has the digest of each file."""
    bed, new = tmp_path / "some.bed", tmp_path / "new.h5"
    bed.write_text("chr1\t100\t900\n")
    methcohort.filter(store, new, regions=[bed, "chr2:1-500"], workers=0)
    with methcohort.open_store(store) as opened, methcohort.open_store(new) as made:
        first = opened.pos[: opened.chrom_offset[1]]
        second = opened.pos[opened.chrom_offset[1] :]
        expected = [*first[(first > 100) & (first <= 900)], *second[second <= 500]]
        assert made.pos.tolist() == expected
        (said,) = made.provenance["filter"]
    assert said["options"] == {"regions": [str(bed), "chr2:1-500"]}
    assert said["files"] == {str(bed): hashlib.sha256(bed.read_bytes()).hexdigest()}


def test_output_is_the_input(store: Path, tmp_path: Path) -> None:
    """Also by another name."""
    (tmp_path / "link.h5").symlink_to(store)
    before = store.read_bytes()
    assert "give another output" in told(methcohort.filter, store, tmp_path / "link.h5")
    assert store.read_bytes() == before


VCF: dict[str, tuple[str, float | None, list[int] | str]] = {
    "all": ("chr1\t{p}\t.\tC\tT\t.\t.\tDP=1", None, [0]),
    "frequent": ("chr1\t{p}\t.\tC\tT,A\t.\t.\tDP=1;AF=0.001,0.2", 0.2, [0]),
    "rare": ("chr1\t{p}\t.\tC\tT\t.\t.\tAF=1e-3\nchr1\t{p}\t.\tC\tT\t.\t.\tDP=2", 0.2, [0]),
    "rare alone": ("chr1\t{p}\t.\tC\tT\t.\t.\tAF=1e-3", 0.2, []),
    "no frequency": ("chr1\t{p}\t.\tC\tT\t.\t.\tXAF=0.3", 0.2, "has a frequency, AF in INFO"),
    "bad frequency": ("chr1\t{p}\t.\tC\tT\t.\t.\tAF=2", 0.2, "line 2: found 'AF=2'"),
    "symbols": ("chr1\t{p}\t.\tC\t<DEL>,*\t.\t.\t.", None, "found no variants"),
    "columns": ("chr1 {p} . C T", None, "line 2: found"),
    "other names": ("1\t{p}\t.\tC\tT\t.\t.\t.", None, "none of which"),
}


@pytest.mark.parametrize("case", VCF)
def test_variants(store: Path, tmp_path: Path, case: str) -> None:
    """Frequencies, and records that change nothing or are none."""
    text, min_af, expected = VCF[case]
    with methcohort.open_store(store) as opened:
        pos = opened.pos[:5].tolist()
    snps, new = tmp_path / "snps.vcf", tmp_path / "new.h5"
    snps.write_text("#CHROM\n" + text.format(p=pos[0]) + "\n")
    if isinstance(expected, str):
        assert expected in told(methcohort.filter, store, new, snps=snps, min_af=min_af)
        return
    methcohort.filter(store, new, snps=snps, min_af=min_af, workers=0)
    with methcohort.open_store(store) as opened, methcohort.open_store(new) as made:
        before, after = (one.pos[: one.chrom_offset[1]].tolist() for one in (opened, made))
    assert sorted({*before} - {*after}) == [pos[k] for k in expected]


@pytest.mark.parametrize(
    ("base", "gone"),
    [(9, []), (10, [10, 11]), (11, [10, 11]), (12, []), (21, []), (29, []), (30, [30]),
     (41, [40]), (39, []), (50, [51]), (52, []), (20, [20])],
)  # fmt: skip
def test_bases_of_a_site(tmp_path: Path, base: int, gone: list[int]) -> None:
    """C and G of a CpG, on the strand that is known; of CHG and CHH the C alone."""
    sites = {10: "+CGA", 11: "-CGA", 20: "+CAG", 30: "-CAA", 40: "+CGA", 51: "-CGT", 60: "+CGA"}
    rows = [[("chr1", pos, kind[0], kind[1:], 1, 2, 1) for pos, kind in sites.items()]]
    path = make_cohort(tmp_path, rows, form="allc").build(config={"base_check": "off"})
    bed, new = tmp_path / "one.bed", tmp_path / "new.h5"
    bed.write_text(f"chr1\t{base - 1}\t{base}\n")
    methcohort.filter(path, new, snps=bed, workers=0)
    with methcohort.open_store(new) as made:
        assert made.pos.tolist() == [pos for pos in sites if pos not in gone]


def test_names_by_aliases(tmp_path: Path) -> None:
    """A list with other names of the chromosomes, compressed."""
    rows, _ = simulate(1, 2, {"chr1": 50, "chr2": 50}, coverage=1)
    path, new = make_cohort(tmp_path, rows).build(), tmp_path / "new.h5"
    bed = tmp_path / "list.bed.gz"
    bed.write_bytes(gzip.compress(b"1\t0\t100000\nX\t5\t9\n"))
    assert "give aliases" in told(methcohort.filter, path, new, exclude_regions=bed)
    methcohort.filter(path, new, exclude_regions=bed, aliases="GRCh38", workers=0)
    with methcohort.open_store(new) as made:
        assert made.chroms == ("chr2",) and made.n_sites == 50


def test_command(store: Path, tmp_path: Path) -> None:
    """The options of the command are those of the function."""
    one, two = tmp_path / "one.h5", tmp_path / "two.h5"
    call = [
        "filter", str(store), "-o", str(one), "--min-coverage", "2", "--max-coverage-quantile",
        "0.99", "--min-samples", "50%", "--by", "group", "--exclude-chrom", "chr2", "-s", "^s1",
        "--min-sd", "0.01", "--workers", "2",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "methcohort", *call], capture_output=True, text=True, check=True
    )
    assert "wrote" in done.stderr and "sites were judged on all 6 samples" in done.stderr
    methcohort.filter(
        store, two, min_coverage=2, max_coverage_quantile=0.99, min_samples="50%", by="group",
        chroms=["^chr2"], samples=["s2", "s3", "s4", "s5", "s6"], min_sd=0.01, workers=0,
    )  # fmt: skip
    assert one.read_bytes() == two.read_bytes()
