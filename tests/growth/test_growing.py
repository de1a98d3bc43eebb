"""Merging stores, adding, replacing and removing samples, and taking them from an earlier store.

What comes out has to be, byte for byte, what a build from all text gives. `trials/growth.py` draws
cohorts, options and what is done with their stores.
"""

import errno
import json
import logging
import random
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cohorts
import h5py
import numpy as np
import pytest
from cohorts import Row, write_sheet
from growing_stores import Samples, calls, edited, told, with_attribute, writer_of
from trials import merging, mounts
from trials.growth import Growth, watched
from trials.injector import Fault, unavailable

import methcohort
from methcohort.build import command as builder
from methcohort.build import reused_checks
from methcohort.core.errors import InputError
from methcohort.growth import commands as growing

TRIALS = 16
NO_INJECTOR = unavailable()
NO_MOUNTS = mounts.unavailable()

Lines = Sequence[tuple[str, Path, str]]


def test_random_growth(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Random cohorts, options and things to do: the bytes of a build from all text."""
    caplog.set_level(logging.ERROR)
    trials, outcomes = Growth(tmp_path), []
    for seed in range(TRIALS):
        try:
            outcomes.append(trials.trial(random.Random(f"growth a {seed}")))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    for name in ("merge", "add", "replace", "remove", "earlier"):
        assert any(one.startswith(f"{name}: the same") for one in outcomes), name
    assert sum("samples from stores" in one for one in outcomes) > TRIALS // 4
    assert any("copied chunks" in one for one in outcomes)


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    """Four samples of few sites."""
    rows, _ = cohorts.simulate(1, 4, {"chr1": 200, "chr2": 100})
    return Samples(tmp_path, rows)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where a store is to be."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "new.h5"


def rows_at(pos: Any, seed: int, most: int = 30) -> list[Row]:
    """Rows at given positions of one chromosome."""
    rng = np.random.default_rng(seed)
    n = rng.integers(1, most + 1, len(pos))
    c = rng.binomial(n, 0.5)
    levels = [f"{100 * a / b:.3f}" for a, b in zip(c.tolist(), n.tolist(), strict=True)]
    table = zip(pos.tolist(), levels, c.tolist(), (n - c).tolist(), strict=True)
    return [("chr1", *row) for row in table]


@pytest.mark.parametrize("n_workers", [0, 2])
def test_blocks_of_65536_sites(tmp_path: Path, target: Path, n_workers: int) -> None:
    """Where another store has no sites of its own, chunks and digests are copied; not behind it."""
    pos = np.cumsum(np.random.default_rng(1).integers(1, 20, 150_000))
    before, after = pos[pos < pos[70_000]], pos[pos >= pos[70_000]]
    of = [rows_at(pos, 1), rows_at(pos, 2), rows_at(np.union1d(before, after + 1), 3)]
    made = Samples(tmp_path, of, chunks=[2, 4096], layers=["c", "t"])
    expected = made.build(0, 1, 2)
    with watched() as seen:
        methcohort.merge([made.build(0, 1), made.build(2)], target, workers=n_workers)
    assert target.read_bytes() == expected.read_bytes()
    assert n_workers or seen.copies == 2 * (70_000 // 4096)
    methcohort.remove(target, ["s2"], workers=n_workers)
    assert target.read_bytes() == (tmp_path / "01.h5").read_bytes()


@pytest.mark.parametrize("height", [1, 3, 7, 32])
def test_many_samples(tmp_path: Path, target: Path, height: int) -> None:
    """Rows of chunks that begin elsewhere than in their store, and end with it."""
    rows, _ = cohorts.simulate(2, 45, {"chr1": 300}, coverage=0.97)
    made = Samples(tmp_path, rows, chunks=[height, 256], sites=str(tmp_path / "sites.bed"))
    (tmp_path / "sites.bed").write_text("chr1\t0\t6000\n")
    stores = [made.build(*range(a, b)) for a, b in ((0, 21), (21, 24), (24, 45))]
    with watched() as seen:
        methcohort.merge(stores, target, workers=0)
    assert target.read_bytes() == made.build(*range(45), name="all").read_bytes()
    assert bool(seen.copies) == (height < 21)  # the rows of a chunk of a store of 21 samples
    rest = [k for k in range(45) if k % 5]
    methcohort.remove(target, [f"s{k}" for k in range(0, 45, 5)], workers=2)
    assert target.read_bytes() == made.build(*rest, name="rest").read_bytes()


def test_counts_that_grow_and_shrink(tmp_path: Path, target: Path) -> None:
    """The narrowest dtype that holds the counts, whichever sample brings or takes the largest."""
    deep = [[("chr1", 5, "50", most, most)] for most in (3, 255, 256, 65535, 65536, 2**32 - 1)]
    made = Samples(tmp_path, deep)
    stores = [made.build(k) for k in range(6)]
    for n, dtype in ((2, "u1"), (3, "u2"), (4, "u2"), (5, "u4"), (6, "u4")):
        methcohort.merge(stores[:n], target, workers=0)
        assert target.read_bytes() == made.build(*range(n), name="all").read_bytes()
        with h5py.File(target) as file:
            assert file["layers/c"].dtype == np.dtype(dtype)
            largest = [row[0][3] for row in deep[:n]]
            assert file["samples/largest_count"][...].tolist() == largest
    for gone, dtype in ((5, "u4"), (4, "u2"), (2, "u2"), (3, "u1")):
        methcohort.remove(target, [f"s{gone}"], workers=0)
        with h5py.File(target) as file:
            assert file["layers/c"].dtype == np.dtype(dtype)
    assert target.read_bytes() == made.build(0, 1).read_bytes()


def test_merging_in_any_order(samples: Samples, target: Path) -> None:
    """Merging merged stores, in the order of a sheet, gives what the sheet gives."""
    first = samples.build(2, 0)
    methcohort.merge([first, samples.build(3)], target, workers=0)
    sheet = samples.sheet((1, 3, 0, 2), "order.tsv")
    methcohort.merge([target, samples.build(1)], target, samples=sheet, workers=0)
    assert target.read_bytes() == samples.build(1, 3, 0, 2).read_bytes()


def test_one_store_is_itself(samples: Samples, target: Path) -> None:
    """Merging one store, removing nothing, and adding what it has, changes nothing."""
    store = samples.build(0, 1)
    methcohort.merge([store], target, workers=0)
    assert target.read_bytes() == store.read_bytes()
    methcohort.add(store, samples.sheet((1,)), output=target, workers=0)
    assert target.read_bytes() == store.read_bytes()


def test_output_is_an_input(samples: Samples) -> None:
    """A store can be merged into its own place."""
    store = samples.build(0, 1)
    methcohort.merge([store, samples.build(2, 3)], store, workers=0)
    assert store.read_bytes() == samples.build(0, 1, 2, 3).read_bytes()


def test_texts_are_not_needed(samples: Samples, target: Path) -> None:
    """What is in a store is not read again; what is added needs only its own text."""
    expected, store, other = samples.build(0, 1, 2), samples.build(0, 1), samples.build(2)
    for path in samples.paths[:2]:
        path.unlink()
    methcohort.add(store, samples.sheet((2,)), output=target, workers=0)
    assert target.read_bytes() == expected.read_bytes()
    samples.paths[2].unlink()
    methcohort.merge([store, other], target, workers=0)
    assert target.read_bytes() == expected.read_bytes()


def test_rows_in_scratch(samples: Samples, tmp_path: Path, monkeypatch: Any) -> None:
    """Where nothing fits the memory, rows and sites go to scratch, and no byte is another."""
    expected = samples.build(0, 1, 2, 3)
    store, other = samples.build(0, 1), samples.build(2)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("methcohort.engine.budget.LEAST_ROWS_BYTES", -(10**12))
    options = {"workers": 0, "memory": "1MB", "scratch": scratch}
    methcohort.merge([store, other], store, **options)
    methcohort.add(store, samples.sheet((3,)), **options)
    assert store.read_bytes() == expected.read_bytes()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"layers": ["c", "t"]}, 'layers: ["c", "t"] (not ["c", "t", "pct"])'),
        ({"uncovered": "keep"}, "uncovered: keep (not drop)"),
        ({"chroms": {"exclude": ["chr2"]}}, "chroms: "),
        ({"chunks": [1, 256]}, "chunks: [1, 256] (not [4, 4096])"),
    ],
    ids=["layers", "uncovered", "chroms", "chunks"],
)
def test_stores_of_other_settings(samples: Samples, target: Path, config: Any, words: str) -> None:
    """The keys that differ are named, with both values."""
    store, other = samples.build(0), samples.build(1, config=config)
    said = told(methcohort.merge, [store, other], target)
    assert said.startswith(f"{other}: was made with ")
    assert words in said
    assert not target.exists()


def test_stores_of_other_bed_files(samples: Samples, target: Path) -> None:
    """Two BED files of one name have to be the same."""
    bed = samples.root / "sites.bed"
    bed.write_text("chr1\t0\t500\n")
    config = {"sites": str(bed)}
    store = samples.build(0, config=config)
    bed.write_text("chr1\t0\t600\n")
    assert "another bed file" in told(
        methcohort.merge, [store, samples.build(1, config=config)], target
    )
    said = told(methcohort.add, store, samples.sheet((1,)), output=target)
    assert said.startswith(f"{bed}: has other bytes")
    methcohort.remove(samples.build(0, 1, config=config), ["s0"], output=target, workers=0)
    assert target.read_bytes() == samples.build(1, config=config).read_bytes()


KEPT_BACK = {
    "min_samples": {"min_samples": 2},
    "intersection": {"sites": "intersection"},
    "order": {"chroms": {"order": "file"}},
}


@pytest.mark.parametrize("name", KEPT_BACK)
def test_sites_that_were_left_out(samples: Samples, target: Path, caplog: Any, name: str) -> None:
    """`merge` refuses and says what to do; the others read the text again and say so."""
    config = KEPT_BACK[name]
    store, other = (samples.build(*part, config=config) for part in ((0, 1), (2, 3)))
    said = told(methcohort.merge, [store, other], target)
    assert said.startswith(f"{store}: with ")
    assert said.endswith("build the store from all text")
    methcohort.add(store, samples.sheet((2, 3)), output=target, workers=0)
    assert "the text of all samples is read again" in caplog.text
    assert target.read_bytes() == samples.build(0, 1, 2, 3, config=config).read_bytes()
    methcohort.remove(target, ["s0"], workers=0)
    assert target.read_bytes() == samples.build(1, 2, 3, config=config).read_bytes()


def test_changed_text_is_not_read_again(samples: Samples, target: Path) -> None:
    """Where the text has to be read again, it has to be that which the store was made of."""
    store = samples.build(0, 1, 2, config={"min_samples": 2})
    samples.paths[0].write_bytes(samples.paths[3].read_bytes())
    said = told(methcohort.remove, store, ["s1"], output=target)
    assert str(samples.paths[0]) in said
    assert not target.exists()


def test_same_samples(samples: Samples, target: Path) -> None:
    """A sample in two stores is refused, and both are named."""
    store, other = samples.build(0, 1), samples.build(1, 2)
    said = told(methcohort.merge, [store, other], target)
    assert said.startswith(f"{other}: found the sample s1, as in {store}; ")


def test_names_that_mean_two_things(samples: Samples, target: Path) -> None:
    """A sample may not have the name of a file of another."""
    store = samples.build(0)
    rows = [[f"s{k}", str(samples.paths[k]), "o", "s0"] for k in (1, 2)]
    said = told(methcohort.add, store, write_sheet(samples.root / "t.tsv", rows, ["merge_as"]))
    assert "s0" in said
    rows = [[name, str(samples.paths[k]), "o", "m"] for name, k in (("s0", 1), ("b", 2))]
    said = told(methcohort.add, store, write_sheet(samples.root / "t.tsv", rows, ["merge_as"]))
    assert "found 's0' as a name of sample s0, or of a part of it, and of sample m" in said


def test_sheets_that_do_not_fit(samples: Samples, target: Path) -> None:
    """`merge --samples` takes all samples of the stores and no others, with the same files."""
    stores = [samples.build(0), samples.build(1)]
    merge = methcohort.merge
    said = told(merge, stores, target, samples=samples.sheet((0,)))
    assert "found not the sample s1 of the stores" in said
    said = told(merge, stores, target, samples=samples.sheet((0, 1, 2)))
    assert "found the sample s2, which no store has" in said
    rows = [[f"s{k}", str(samples.paths[k]), "o", "five_column"] for k in (0, 1)]
    sheet = write_sheet(samples.root / "t.tsv", rows, ["format"])
    assert "with other files or formats" in told(merge, stores, target, samples=sheet)
    assert "no stores" in told(merge, [], target)


def test_samples_that_are_not_there(samples: Samples, target: Path) -> None:
    """Removing and replacing need samples of the store, and one has to be left."""
    store = samples.build(0, 1)
    before = store.read_bytes()
    assert "has no sample x;" in told(methcohort.remove, store, ["s0", "x"])
    assert "no sample would be left" in told(methcohort.remove, store, ["s0", "s1"])
    assert "has no sample s2;" in told(methcohort.replace, store, samples.sheet((2,)))
    assert store.read_bytes() == before


def test_nothing_new(samples: Samples, target: Path, caplog: Any) -> None:
    """A sheet of samples that a store has is told, and the store stays the file that it was."""
    store = samples.build(0, 1)
    before = store.stat()
    with caplog.at_level("INFO"):
        methcohort.add(store, samples.sheet((1,), "again.tsv"), workers=0)
    assert "already has these samples" in caplog.text
    assert store.stat().st_ino == before.st_ino
    methcohort.add(store, samples.sheet((1,), "again.tsv"), output=target, workers=0)
    assert target.read_bytes() == store.read_bytes()


def test_who_may_read_it(samples: Samples) -> None:
    """A store that only its owner may read stays so when samples come to it."""
    store = samples.build(0)
    store.chmod(0o600)
    methcohort.add(store, samples.sheet((1,), "new.tsv"), workers=0)
    assert store.stat().st_mode & 0o777 == 0o600
    store.chmod(0o664)
    methcohort.remove(store, ["s1"], workers=0)
    assert store.stat().st_mode & 0o777 == 0o664


def test_settings_of_the_earlier_store(samples: Samples, caplog: Any) -> None:
    """What is told of an earlier store of other settings is what it was made with."""
    store = samples.build(0, config={"layers": ["c", "t"]})
    with caplog.at_level("INFO"):
        samples.build(0, 1, name="x", earlier=store)
    assert 'it was made with layers: ["c", "t"] (not ["c", "t", "pct"])' in caplog.text


def test_one_store_twice(samples: Samples, target: Path) -> None:
    store = samples.build(0)
    assert "found 2 times among the stores" in told(methcohort.merge, [store, store], target)


def test_changed_file(samples: Samples, target: Path) -> None:
    """Other text of a sample is refused or replaced, as wished."""
    store = samples.build(0, 1)
    samples.paths[1].write_bytes(samples.paths[2].read_bytes())
    sheet, expected = samples.sheet((1,), "new.tsv"), samples.build(0, 1, name="new")
    said = told(methcohort.add, store, sheet)
    assert said.startswith(f"{samples.paths[1]}: {store} has a sample s1 of other text")
    methcohort.add(store, sheet, changed="replace", output=target, workers=0)
    assert target.read_bytes() == expected.read_bytes()
    methcohort.replace(store, sheet, output=target, workers=0)
    assert target.read_bytes() == expected.read_bytes()
    said = told(samples.build, 0, 1, name="x", earlier=store, changed="refuse")
    assert said.startswith(
        f"{samples.paths[1]}: the text of sample s1 differs from that in {store}"
    )
    assert samples.build(0, 1, name="x", earlier=store).read_bytes() == expected.read_bytes()
    assert "found changed: perhaps" in told(methcohort.add, store, sheet, changed="perhaps")
    assert "found changed: perhaps" in told(samples.build, 0, earlier=store, changed="perhaps")


def of_other_software(file: h5py.File) -> None:
    """An edit that has the store made with another numpy."""
    told = json.loads(file.attrs["provenance"])
    told["software"]["numpy"] = "1.0"
    with_attribute("provenance", json.dumps(told))(file)


ODD_STORES: dict[str, Callable[[Path], Path]] = {
    "another version": lambda path: edited(path, with_attribute("generated-by", "methcohort 0.0")),
    "format 2.0": lambda path: edited(path, with_attribute("format-version", "2.0")),
    "format 1.9": lambda path: edited(path, with_attribute("format-version", "1.9")),
    "no store": lambda path: path.with_name("s0.txt"),
    "folder": lambda path: path.parent,
    "missing": lambda path: path.with_name("missing.h5"),
}


def foreign(path: Path) -> Path:
    """HDF5 that is no store."""
    other = path.with_name("foreign.h5")
    with h5py.File(other, "w") as file:
        file["x"] = [1, 2]
    return other


def cut(path: Path) -> Path:
    """A store without its end."""
    other = path.with_name("cut.h5")
    other.write_bytes(path.read_bytes()[:-1000])
    return other


def odd_config(path: Path) -> Path:
    """A store that says it was made with settings that there are not."""

    def edit(file: h5py.File) -> None:
        told = json.loads(file.attrs["provenance"])
        told["config"]["sites"] = 7
        with_attribute("provenance", json.dumps(told))(file)

    return edited(path, edit)


ODD_STORES |= {"foreign": foreign, "cut": cut, "odd settings": odd_config}


@pytest.mark.parametrize("kind", ODD_STORES)
def test_odd_stores(samples: Samples, target: Path, kind: str) -> None:
    """`merge` refuses them in a sentence; as an earlier store they are of no use, and no error."""
    store, expected = samples.build(0, 1), samples.build(0, 1, 2)
    odd = ODD_STORES[kind](store)
    assert str(odd) in told(methcohort.merge, [odd, samples.build(2)], target)
    assert not target.exists()
    found = samples.build(0, 1, 2, name="x", earlier=odd)
    assert found.read_bytes() == expected.read_bytes()


def test_adding_to_a_store_of_another_version(samples: Samples, caplog: Any) -> None:
    """All text is read again, and this is said."""
    store = edited(samples.build(0, 1), with_attribute("generated-by", "methcohort 0.0"))
    methcohort.add(store, samples.sheet((2,)), workers=0)
    assert "was made by methcohort 0.0 (format 1.0)" in caplog.text
    assert "the text of all samples is read again" in caplog.text
    assert store.read_bytes() == samples.build(0, 1, 2).read_bytes()


def test_store_of_other_libraries(samples: Samples, target: Path) -> None:
    """Chunks of other libraries are not copied: they could have other bytes."""
    store = edited(samples.build(0, 1), of_other_software)
    with watched() as seen:
        methcohort.merge([store], target, workers=0)
    assert target.read_bytes() == samples.build(0, 1).read_bytes()
    assert not seen.copies


def test_damage_anywhere(samples: Samples, target: Path) -> None:
    """A changed byte anywhere is an error of `merge`, and no use as an earlier store."""
    store, other, expected = samples.build(0, 1), samples.build(2), samples.build(0, 1, 2)
    good, rng = store.read_bytes(), random.Random(1)
    for trial in range(40):
        data = bytearray(good)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        store.write_bytes(data)
        assert str(store) in told(methcohort.merge, [store, other], target)
        if trial % 8 == 0:
            assert str(store) in told(methcohort.add, store, samples.sheet((2,)))
            assert store.read_bytes() == data
            found = samples.build(0, 1, 2, name="x", earlier=store)
            assert found.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("n_workers", [0, 2])
def test_store_replaced_while_it_is_read(
    samples: Samples, target: Path, monkeypatch: Any, caplog: Any, n_workers: int
) -> None:
    """Values of two files are never mixed: an error, or all text."""
    store, other, expected = samples.build(0, 1), samples.build(2), samples.build(0, 1, 2)
    good, find = store.read_bytes(), builder.with_taken

    def replaced(*arguments: Any, **options: Any) -> Any:
        (store.parent / "new").write_bytes(other.read_bytes())
        (store.parent / "new").replace(store)
        return find(*arguments, **options)

    monkeypatch.setattr(builder, "with_taken", replaced)
    said = told(methcohort.merge, [store, other], target, workers=n_workers)
    assert said.startswith(f"{store}: ")
    assert "changed, replaced or removed while it was read" in said
    store.write_bytes(good)
    found = samples.build(0, 1, 2, name="x", earlier=store, workers=n_workers)
    assert found.read_bytes() == expected.read_bytes()
    assert "all text is read" in caplog.text


@pytest.mark.parametrize("config", [{}, {"min_samples": 2}], ids=["stores", "text"])
def test_store_replaced_between_two_looks(samples: Samples, monkeypatch: Any, config: Any) -> None:
    """What another command has made of the store meanwhile is not lost, nor mixed up."""
    store, other = (samples.build(*part, config=config) for part in ((0, 1, 2), (1, 2, 3)))
    edit = growing.edited

    def replaced(*arguments: Any) -> Any:
        found = edit(*arguments)
        other.replace(store)
        return found

    monkeypatch.setattr(growing, "edited", replaced)
    assert "changed, replaced or removed" in told(methcohort.remove, store, ["s0"])
    with methcohort.open_store(store) as found:
        assert found.samples == ("s1", "s2", "s3")


def test_readers_go_on(samples: Samples) -> None:
    """Who has the old store open reads it to its end."""
    store = samples.build(0, 1)
    with methcohort.open_store(store) as reader:
        before = reader.region("chr1").c
        methcohort.add(store, samples.sheet((2, 3)), workers=0)
        assert np.array_equal(reader.region("chr1").c, before)
        assert reader.samples == ("s0", "s1")
    with methcohort.open_store(store) as reader:
        assert reader.samples == ("s0", "s1", "s2", "s3")


def test_same_text_in_two_stores(samples: Samples, target: Path, caplog: Any) -> None:
    """One of them may be a copy by mistake: a warning, as where both are built at once."""
    shutil.copy(samples.paths[0], samples.paths[2])
    store, other = samples.build(0, 1), samples.build(2)
    caplog.clear()
    methcohort.merge([store, other], target, workers=0)
    said = f"{samples.paths[2]} of sample s2 has the same bytes as {samples.paths[0]} of s0"
    assert caplog.text.count(said) == 1
    methcohort.add(store, samples.sheet((2,)), output=target, workers=0)
    assert caplog.text.count(said) == 2


def test_places_that_are_no_place(samples: Samples, tmp_path: Path) -> None:
    """Neither a text nor a folder is replaced by a store."""
    store, other = samples.build(0), samples.build(1)
    text = samples.paths[2].read_bytes()
    assert str(samples.paths[2]) in told(methcohort.merge, [store, other], samples.paths[2])
    assert samples.paths[2].read_bytes() == text
    assert "found a folder" in told(methcohort.merge, [store, other], tmp_path)
    assert "does not exist" in told(methcohort.merge, [store, other], tmp_path / "no" / "x.h5")


UNFIT: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "one base aside": ("five_column", "five_column", {"shift": 1}, "expected the right base"),
    "other names": ("five_column", "five_column", {"prefix": ""}, "found the chromosome '1'"),
    "merged strands": ("bismark_report", "bismark_merged_cov", {}, "set strands: collapse"),
    "split strands": ("bismark_merged_cov", "bismark_cov", {}, "set strands: collapse"),
}


@pytest.mark.parametrize("kind", UNFIT)
@pytest.mark.parametrize("most_sites", [6000, 1 << 18])
def test_samples_that_do_not_fit(
    tmp_path: Path, target: Path, monkeypatch: Any, kind: str, most_sites: int
) -> None:
    """The checks across samples are made wherever samples come together; of many sites of a store
    a stretch of each chromosome is looked at."""
    monkeypatch.setattr(reused_checks, "_MOST_SITES", most_sites)
    one, two, options, words = UNFIT[kind]
    of = [
        ("a", calls(tmp_path / "a", writer_of(one), 1), one),
        ("b", calls(tmp_path / "b", writer_of(one), 2), one),
        ("odd", calls(tmp_path / "odd", writer_of(two), 3, **options), two),
    ]

    def built(name: str, lines: Lines, **more: Any) -> Path:
        rows = [[sample, str(path), "o", form] for sample, path, form in lines]
        sheet = write_sheet(tmp_path / f"{name}.tsv", rows, ["format"])
        methcohort.build(sheet, tmp_path / f"{name}.h5", workers=0, **more)
        return tmp_path / f"{name}.h5"

    def refused(work: Callable[..., Any], *arguments: Any, **more: Any) -> bool:
        with pytest.raises(InputError) as caught:
            work(*arguments, **more)
        return words in str(caught.value)

    store, other = built("store", of[:2]), built("other", of[2:])
    assert refused(built, "all", of)
    assert refused(built, "all", of, earlier=store)
    assert refused(methcohort.merge, [store, other], target, workers=0)
    assert refused(methcohort.add, store, tmp_path / "other.tsv", output=target, workers=0)
    assert not target.exists()
    assert list(target.parent.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("kind", "n_trials"),
    [(merging.KillMerge, 3), (merging.KillWorkerOfMerge, 1), (merging.SignalsInMerge, 3)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_merges_that_end_early(tmp_path: Path, kind: type[merging.OfMerges], n_trials: int) -> None:
    """The earlier store stays whole, and nothing is left, at the latest after the next run."""
    trials, rng = kind(tmp_path), random.Random(3)
    for _ in range(n_trials):
        assert trials.trial(rng)


@pytest.mark.skipif(bool(NO_MOUNTS), reason=NO_MOUNTS)
def test_full_disks(tmp_path: Path) -> None:
    """A merge on a full disk is refused in a sentence, and leaves nothing."""
    trials, rng = merging.DiskFullInMerge(tmp_path), random.Random(1)
    assert {trials.trial(rng) for _ in range(3)}


@pytest.mark.skipif(bool(NO_INJECTOR), reason=NO_INJECTOR)
def test_calls_that_fail(tmp_path: Path) -> None:
    """Reading a chunk in pieces changes nothing; where it fails, that is one sentence."""
    trials = merging.FailingCallsOfMerges(tmp_path)
    try:
        assert trials.build(Fault("read", 10, once=False, short=True), 0).hits > 5
        assert trials.build(Fault("read", 20, errno.EIO), 2).status == 1
        assert trials.build(Fault("write", 5, errno.ENOSPC), 0, earlier=True).status == 1
    finally:
        trials.close()
