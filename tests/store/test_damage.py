"""A published store that was damaged: verify says what and where, reading gives no wrong value."""

import hashlib
import os
import random
import re
import shlex
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cohorts
import h5py
import numpy as np
import pytest
from processes import command_line
from trials import damage

import methcohort
from methcohort import InputError, StoreError
from methcohort.store.seal import append_seal, seal_fault

N_SAMPLES = 21
SITES = {"chr1": 2500, "chr2": 1200, "chr10": 40}
SEAL = 64
AGREE = "all values agree with their digests; build it again"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> cohorts.Cohort:
    """A cohort whose store has many small chunks."""
    samples, _ = cohorts.simulate(11, N_SAMPLES, SITES, max_count=500)
    extra = {"group": [f"g{k % 2}" for k in range(N_SAMPLES)]}
    made = cohorts.make_cohort(tmp_path_factory.mktemp("damage"), samples, extra=extra)
    made.build(config={"chunks": [4, 256], "chroms": {"exclude": ["chr10"]}})
    return made


@pytest.fixture(scope="module")
def path(made: cohorts.Cohort) -> Path:
    return made.root / "store.h5"


@pytest.fixture
def target(path: Path, tmp_path: Path) -> Path:
    """A copy, to be damaged."""
    return Path(shutil.copy(path, tmp_path / "damaged.h5"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> damage.Damage:
    """A small store, and all that can be read of it."""
    return damage.Damage(tmp_path_factory.mktemp("small"))


def faults(path: Path, **options: Any) -> list[str]:
    """What verify says of a store, without its path."""
    with pytest.raises(StoreError) as error:
        methcohort.verify(path, **options)
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines), lines
    return [line.removeprefix(f"{path}: ") for line in lines]


@contextmanager
def rewritten(path: Path) -> Iterator[h5py.File]:
    """A store that is changed by HDF5, so that all checksums are right, and sealed again."""
    with h5py.File(path, "r+") as file:
        yield file
    append_seal(path)


def chunk_place(path: Path, name: str, place: tuple[int, ...]) -> tuple[int, int]:
    """Where a chunk lies in the file, and its bytes."""
    with h5py.File(path) as file:
        info = file[name].id.get_chunk_info_by_coord(place)
    return info.byte_offset, info.size


def flip(path: Path, at: int, n: int = 1) -> None:
    """Turn all bits of some bytes."""
    data = bytearray(path.read_bytes())
    data[at : at + n] = bytes(b ^ 0xFF for b in data[at : at + n])
    path.write_bytes(data)


def damage_chunk(path: Path, name: str, place: tuple[int, ...]) -> None:
    offset, size = chunk_place(path, name, place)
    flip(path, offset + size // 2, 8)


CHANGED = "has other bytes than when it was sealed"
NO_SEAL = "ends without its seal: it was cut short, changed at its end or written by another tool"


@pytest.mark.parametrize("kind", [damage.BitFlips, damage.Cuts, damage.Sectors])
def test_some_trials(kind: Any, tmp_path: Path) -> None:
    """F16, F17: what is read is right or an error; verify sees all of it; nothing crashes."""
    trials, rng = kind(tmp_path), random.Random(20)
    for _ in range(15):
        assert trials.trial(rng)


def test_bits_all_over_the_file(small: damage.Damage) -> None:
    """F16: one bit in every 220 bytes, so some of every dataset, header and index."""

    def work() -> str:
        refused = 0
        for bit in range(0, 8 * len(small.data), 8 * 220 + 1):
            data = bytearray(small.data)
            data[bit // 8] ^= 1 << bit % 8
            path = small.store.with_name("flipped.h5")
            path.write_bytes(data)
            assert seal_fault(path) is not None
            refused += bool(small.refused(path))
        assert refused > 60
        return "done"

    assert damage.child(work) == "done"


def test_cut_everywhere(small: damage.Damage) -> None:
    """F17: at every 512 bytes, and in every byte of the seal."""
    path = small.store.with_name("cut.h5")
    for size in range(0, len(small.data) - SEAL, 512):
        path.write_bytes(small.data[:size])
        for use in (methcohort.open_store, methcohort.verify, methcohort.info):
            with pytest.raises(StoreError, match=r"cut\.h5: cannot be opened"):
                use(path)
    for n in range(1, SEAL + 1):
        path.write_bytes(small.data[:-n])
        assert faults(path) == [f"{NO_SEAL}; {AGREE}"]
    assert small.refused(path) == []


def test_cut_large_store(path: Path, target: Path) -> None:
    """F17: at every 4 KiB of a store of many pages."""
    size = path.stat().st_size
    pages = range((size - SEAL - 1) // 4096, 0, -1)
    assert len(pages) > 30
    for page in pages:
        os.truncate(target, 4096 * page)
        with pytest.raises(StoreError, match=r"damaged\.h5: cannot be opened"):
            methcohort.verify(target)


def test_seal(path: Path) -> None:
    """The last bytes of a store are what docs/format.md says; HDF5 ends before them."""
    data = path.read_bytes()
    found = re.fullmatch(
        rb"\n# methcohort sealed: size ([0-9]{21}) crc32 ([0-9a-f]{8})\n", data[-SEAL:]
    )
    assert found
    assert int(found[1]) == len(data) - SEAL == int.from_bytes(data[28:36], "little")
    assert int(found[2], 16) == zlib.crc32(data[:-SEAL])


def test_every_bit_of_the_seal(small: damage.Damage) -> None:
    path = small.store.with_name("sealed.h5")
    for bit in range(8 * SEAL):
        data = bytearray(small.data)
        data[bit // 8 - SEAL] ^= 1 << bit % 8
        path.write_bytes(data)
        assert seal_fault(path) is not None
    assert faults(path) == [f"{NO_SEAL}; {AGREE}"]


@pytest.mark.parametrize("more", [b"\0", b"text" * 3000, b"\n# methcohort sealed: size "])
def test_appended(target: Path, more: bytes) -> None:
    """F16: what was added behind the seal is counted."""
    target.write_bytes(target.read_bytes() + more)
    assert faults(target) == [f"has {len(more):,} bytes behind its seal; expected none; {AGREE}"]


def test_bytes_that_nothing_reads(small: damage.Damage) -> None:
    """F16: a bit in a gap of the file changes nothing that is read, and verify still says so."""
    path = small.store.with_name("gap.h5")
    found = []
    for at in range(len(small.data) - 7000, len(small.data) - SEAL, 150):
        data = bytearray(small.data)
        data[at] ^= 1
        path.write_bytes(data)
        if not small.refused(path):
            found += [faults(path)]
    assert [f"{CHANGED}; {AGREE}"] in found
    assert all(lines[0].startswith(CHANGED) for lines in found)


def test_shifted_seal(target: Path) -> None:
    """Bytes that were lost before the seal."""
    data = target.read_bytes()
    target.write_bytes(data[:-SEAL] + b"xyz" + data[-SEAL:])
    size = len(data) - SEAL
    assert faults(target) == [f"has {size + 3:,} bytes before its seal; expected {size:,}; {AGREE}"]


def test_written_by_another_tool(target: Path) -> None:
    """F16: HDF5 cuts the seal off when it may write, even if it writes nothing."""
    with h5py.File(target, "r+"):
        pass
    assert faults(target) == [f"{NO_SEAL}; {AGREE}"]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="there is no R")
def test_r_reads_past_the_seal(path: Path, tmp_path: Path) -> None:
    """rhdf5, with its own HDF5, reads a store with checksums and a seal, and sees damage."""
    script = tmp_path / "read.R"
    script.write_text(
        "suppressMessages(library(rhdf5))\n"
        "for (path in commandArgs(TRUE))\n"
        "  cat(tryCatch(sum(h5read(path, 'layers/c')), error = function(e) 'refused'), '\\n')\n"
    )
    if subprocess.run(["Rscript", "-e", "library(rhdf5)"], capture_output=True).returncode:
        pytest.skip("R has no rhdf5")
    damaged = Path(shutil.copy(path, tmp_path / "r.h5"))
    damage_chunk(damaged, "layers/c", (8, 512))
    with h5py.File(path) as file:
        total = int(file["layers/c"][()].sum())
    done = subprocess.run(
        ["Rscript", script, path, damaged], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == [str(total), "refused"], done.stderr


@pytest.mark.parametrize("layer", ["c", "t", "pct"])
def test_damaged_chunk(path: Path, target: Path, layer: str) -> None:
    """F16: sites and all samples of the chunk are named; all other chunks can be read."""
    damage_chunk(target, f"layers/{layer}", (8, 512))
    with methcohort.open_store(target) as store, methcohort.open_store(path) as whole:
        for rows in (8, slice(None), [20, 9]):
            with pytest.raises(StoreError, match=rf"damaged\.h5: layer {layer}, sites 767 to 768"):
                store.read_layer(layer, rows, 767, 768)
        for rows, start, stop in ((slice(0, 8), 0, 3700), (slice(None), 768, 3700)):
            np.testing.assert_array_equal(
                store.read_layer(layer, rows, start, stop),
                whole.read_layer(layer, rows, start, stop),
            )
        first, last = whole.pos[[512, 767]].tolist()
    assert faults(target) == [
        CHANGED,
        f"layer {layer}, samples s9, s10, s11, s12, sites 512 to 768 "
        f"(chr1:{first:,} to chr1:{last:,}): the chunk is damaged",
        "is damaged; build it again",
    ]


def test_damaged_chunk_of_one_sample(target: Path) -> None:
    """The last row of chunks has one sample, and the last chunk fewer sites."""
    damage_chunk(target, "layers/t", (20, 3584))
    assert re.fullmatch(
        r"layer t, sample s21, sites 3,584 to 3,700 \(chr2:[\d,]+ to chr2:[\d,]+\): .*",
        faults(target)[1],
    )


def test_damaged_positions(target: Path) -> None:
    damage_chunk(target, "sites/pos", (0,))
    with methcohort.open_store(target) as store:
        for use in (lambda: store.region("chr2:5-900"), lambda: store.positions(0, 1)):
            with pytest.raises(StoreError, match=r"damaged\.h5: the positions of"):
                use()
    assert faults(target)[1:] == [
        "the positions of sites 0 to 3,700: the chunk is damaged",
        "is damaged; build it again",
    ]


@pytest.mark.parametrize("which", ["sites", "c", "pct"])
def test_damaged_digests(target: Path, which: str) -> None:
    """Digests that cannot be read are named; values that have none are still read."""
    damage_chunk(target, f"digests/{which}", (0, 0, 0) if which != "sites" else (0, 0))
    damage_chunk(target, "layers/t", (0, 0))
    found = faults(target)
    assert found[1].startswith(f"the digests of {which} cannot be read (")
    assert found[2].startswith("layer t, samples s1, s2, s3, s4, sites 0 to 256 ")
    assert len(found) == 4


@pytest.mark.parametrize("part", ["inputs", "sheet", "inputs/path", "sheet/values", "layers/t"])
def test_damaged_header(target: Path, part: str) -> None:
    """F16: a group or dataset that HDF5 cannot open is named."""
    with h5py.File(target) as file:
        place = h5py.h5o.get_info(file[part].id).addr
    flip(target, place + 8)
    name = "layer t" if part == "layers/t" else f"the part {part.split('/')[0]}"
    assert any(line.startswith(f"{name} cannot be read (") for line in faults(target))


EDITS: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "value": (
        lambda file: file["layers/t"].__setitem__((9, 3000), 499),
        r"layer t, sample s10, sites 0 to 3,700 \(chr1:[\d,]+ to chr2:[\d,]+\): differs from its",
    ),
    "position": (
        lambda file: file["sites/pos"].__setitem__(3, 1),
        r"the positions of sites 0 to 3,700 \(.*\) differ from their digest",
    ),
    "name": (
        lambda file: file["samples/name"].__setitem__(0, b"xx"),
        r"names, offsets and digests give the digest sha256:\w+; the store says sha256:",
    ),
    "sheet": (
        lambda file: file["sheet/values"].__setitem__((0, 4), b"zz"),
        r"names, offsets and digests give the digest",
    ),
    "digest": (
        lambda file: file["digests/c"].__setitem__((2, 0, 5), 1),
        r"names, offsets and digests give the digest",
    ),
    "sum_c": (
        lambda file: file["samples/sum_c"].__setitem__(19, 7),
        r"sample s20: sum_c is [\d,]+; the store says 7",
    ),
    "sum_t": (
        lambda file: file["samples/sum_t"].__setitem__(0, 7),
        r"sample s1: sum_t is [\d,]+; the store says 7",
    ),
    "n_sites": (
        lambda file: file["samples/n_sites"].__setitem__(1, 7),
        r"sample s2: n_sites is [\d,]+; the store says 7",
    ),
    "n_rows": (
        lambda file: file["samples/n_rows"].__setitem__(1, 70_000),
        r"sample s2: n_rows is [\d,]+; the store says 70,000",
    ),
    "n_dropped": (
        lambda file: file["samples/n_dropped_chroms"].__setitem__(1, 7),
        r"sample s2: [\d,]+ rows are left of n_rows by the counts of dropped rows; expected [\d,]+",
    ),
    "inputs": (
        lambda file: file["inputs/sample"].__setitem__(1, 99),
        r"the part inputs cannot be read \(found an input of sample number 99\)",
    ),
    "provenance": (
        lambda file: file.attrs.__setitem__("provenance", "{}"),
        r"the part provenance cannot be read",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_changed_by_a_program(target: Path, edit: str) -> None:
    """F16: other values, with checksums and a seal that fit them."""
    change, expected = EDITS[edit]
    with rewritten(target) as file:
        change(file)
    found = faults(target)
    assert any(re.match(expected, line) for line in found), found
    assert found[-1] == "is damaged; build it again"


def replace(name: str, **options: Any) -> Callable[[h5py.File], None]:
    """Put another dataset in the place of one."""

    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, **options)

    return change


def to_group(name: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_group(name)

    return change


ODD: dict[str, Callable[[h5py.File], None]] = {
    "more sites by the offset": lambda f: f["chroms/offset"].__setitem__(2, 3701),
    "fewer sites by the offset": lambda f: f["chroms/offset"].__setitem__(2, 3699),
    "offset not from 0": lambda f: f["chroms/offset"].__setitem__(0, 1),
    "offset falls": lambda f: f["chroms/offset"].__setitem__(1, 4000),
    "no offset": replace("chroms/offset", data=np.empty(0, "i8")),
    "short offset": replace("chroms/offset", data=np.array([0, 3700])),
    "offset of two axes": replace("chroms/offset", data=np.array([[0, 1, 3700]])),
    "offset of floats": replace("chroms/offset", data=np.array([0.0, 2500.0, 3700.0])),
    "chromosome twice": lambda f: f["chroms/name"].__setitem__(1, b"chr1"),
    "names that are numbers": replace("samples/name", data=np.arange(N_SAMPLES)),
    "name not UTF-8": lambda f: f["samples/name"].id.write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.full(N_SAMPLES, b"\xff\xfe", f["samples/name"].dtype)
    ),
    "no names": to_group("samples/name"),
    "short positions": replace("sites/pos", data=np.arange(3000, dtype="i4")),
    "no layers": lambda f: f.attrs.__delitem__("layers"),
    "unknown layers": lambda f: f.attrs.__setitem__("layers", ["c", "x"]),
    "layers a number": lambda f: f.attrs.__setitem__("layers", 3),
    "no groups": lambda f: f.__delitem__("chroms"),
}


@pytest.mark.parametrize("odd", ODD)
def test_axes_that_do_not_fit(target: Path, odd: str) -> None:
    """F16: a store whose parts contradict each other is not opened."""
    with rewritten(target) as file:
        ODD[odd](file)
    for use in (methcohort.open_store, methcohort.verify, methcohort.info):
        with pytest.raises(StoreError, match=r"damaged\.h5: the names and offsets cannot be read"):
            use(target)


ODD_PARTS: dict[str, tuple[str, Callable[[h5py.File], None]]] = {
    "layer of other samples": ("c", replace("layers/c", data=np.zeros((20, 3700), "u2"))),
    "layer of other sites": ("c", replace("layers/c", data=np.zeros((21, 3699), "u2"))),
    "layer of one axis": ("c", replace("layers/c", data=np.zeros(3700, "u2"))),
    "layer of floats": ("c", replace("layers/c", data=np.zeros((21, 3700)))),
    "no layer": ("c", to_group("layers/c")),
    "positions of floats": ("pos", replace("sites/pos", data=np.zeros(3700))),
    "fewer counts": ("sample_counts", replace("samples/n_rows", data=np.zeros(3, "i8"))),
    "no counts": ("sample_counts", to_group("samples/sum_c")),
    "sheet of fewer samples": ("sheet", replace("sheet/values", data=np.zeros((1, 3), "S1"))),
    "fewer inputs": ("inputs", replace("inputs/size", data=np.zeros(3, "i8"))),
    "inputs of two axes": ("inputs", replace("inputs/size", data=np.zeros((21, 1), "i8"))),
    "assembly a number": ("assembly", lambda f: f.attrs.__setitem__("assembly", 5)),
    "no digest": ("digest", lambda f: f.attrs.__delitem__("digest")),
    "provenance a list": ("provenance", lambda f: f.attrs.__setitem__("provenance", "[1]")),
    "provenance no JSON": ("provenance", lambda f: f.attrs.__setitem__("provenance", "{")),
    "deep provenance": (
        "provenance",
        lambda f: f.attrs.__setitem__("provenance", "[" * 50_000 + "]" * 50_000),
    ),
}


@pytest.mark.parametrize("odd", ODD_PARTS)
def test_a_part_that_does_not_fit(target: Path, odd: str) -> None:
    """F16: reading it is an error, also for verify; the rest can be read."""
    part, change = ODD_PARTS[odd]
    with rewritten(target) as file:
        change(file)
    with methcohort.open_store(target) as store:
        with pytest.raises(StoreError, match=r"damaged\.h5: .* cannot be read"):
            store.sample("s1").c if part == "c" else getattr(store, part)
        assert store.sample("s1").t.shape == (3700,)
    assert faults(target)[-1] == "is damaged; build it again"


def test_verify_prints_no_traceback(target: Path, run: Any) -> None:
    """One line a fault, and status 1."""
    flip(target, target.stat().st_size // 2, 4000)
    done = run("verify", target)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) >= 3
    assert all(line.startswith(f"methcohort: error: {target}: ") for line in lines)


def test_many_faults_are_cut_short(target: Path) -> None:
    """No more than 20 are told, and the first of them at once."""
    with h5py.File(target) as file:
        dataset = file["layers/c"].id
        places = [dataset.get_chunk_info(k) for k in range(dataset.get_num_chunks())]
    data = bytearray(target.read_bytes())
    for info in places:
        data[info.byte_offset] ^= 0xFF
    target.write_bytes(data)
    found = faults(target)
    assert found[0] == CHANGED
    assert len(found) == 22


def retold(folder: Path, change: Callable[[list[Any], set[Any]], None]) -> Path:
    """A store, whole in itself, whose text now says something else in its second sample."""
    samples, _ = cohorts.simulate(4, 3, {"chr1": 300, "chr2": 50})
    cohort = cohorts.make_cohort(folder, samples, extra={"sex": ["f", "m", "f"]})
    store = cohort.build(config={"chroms": {"exclude": ["chr2"]}})
    change(samples[1], {row[:2] for row in (*samples[0], *samples[2])})
    cohorts.write_sample(cohort.paths[1], samples[1])
    data = cohort.paths[1].read_bytes()
    with rewritten(store) as file:
        file["inputs/size"][1] = len(data)
        file["inputs/sha256"][1] = hashlib.sha256(data).hexdigest().encode()
    methcohort.verify(store)
    return store


def _another_count(rows: list[Any], others: set[Any]) -> None:
    chrom, pos, _, c, t = rows[5]
    rows[5] = (chrom, pos, f"{100 * (c + 1) / (c + 1 + t):.4f}", c + 1, t)


def _one_more_left_out(rows: list[Any], others: set[Any]) -> None:
    rows.append(("chr2", 999_999, "50", 1, 1))


def _another_site(rows: list[Any], others: set[Any]) -> None:
    rows.insert(0, ("chr1", 1, "50", 1, 1))


def _another_place(rows: list[Any], others: set[Any]) -> None:
    """A site that only this sample has moves by one base."""
    everywhere = others | {row[:2] for row in rows}
    for k, (chrom, pos, *rest) in enumerate(rows):
        if (chrom, pos) not in others and (chrom, pos + 1) not in everywhere:
            rows[k] = (chrom, pos + 1, *rest)
            return


def _another_chromosome(rows: list[Any], others: set[Any]) -> None:
    rows.append(("chr3", 7, "50", 1, 1))


TOLD = {
    "count": (
        _another_count,
        [
            r"layer c, sample s2, sites 0 to \d+ \(chr1:[\d,]+ to chr1:[\d,]+\): the text .*",
            r"layer pct, sample s2, sites 0 to \d+ \(.*\): the text gives other values",
            r"sample s2: sum_c is \d+; the text gives \d+",
            r"the text gives the digest sha256:\w{64}; the store says sha256:\w{64}",
        ],
    ),
    "dropped row": (
        _one_more_left_out,
        [
            r"sample s2: n_rows is \d+; the text gives \d+",
            r"sample s2: n_dropped_chroms is \d+; the text gives \d+",
            r"sample s2: n_rows of the text file is \d+; the text gives \d+",
        ],
    ),
    "place": (
        _another_place,
        [
            r"the text gives other positions of sites 0 to \d+ \(chr1:[\d,]+ to chr1:[\d,]+\)",
            r"the text gives the digest .*",
        ],
    ),
    "chromosome": (
        _another_chromosome,
        [
            r"the text gives other chromosomes \(chr1, chr3\); the store has chr1",
            r"sample s2: n_rows is .*",
            r"sample s2: n_sites is .*",
            r"sample s2: sum_c is .*",
            r"sample s2: sum_t is .*",
            r"sample s2: n_rows of the text file is .*",
            r"sample s2: n_kept of the text file is .*",
            r"the text gives the digest .*",
        ],
    ),
    "site": (
        _another_site,
        [
            r"the text gives \d+ sites of chr1; the store has \d+",
            r"sample s2: n_rows is .*",
            r"sample s2: n_sites is .*",
            r"sample s2: sum_c is .*",
            r"sample s2: sum_t is .*",
            r"sample s2: n_rows of the text file is .*",
            r"sample s2: n_kept of the text file is .*",
            r"the text gives the digest .*",
        ],
    ),
}


@pytest.mark.parametrize("told", TOLD)
def test_text_that_gives_something_else(tmp_path: Path, told: str) -> None:
    """verify --inputs names sample, layer and range, and what was counted."""
    change, expected = TOLD[told]
    store = retold(tmp_path, change)
    before = sorted(tmp_path.iterdir())
    found = faults(store, inputs=True, workers=0)
    assert sorted(tmp_path.iterdir()) == before
    for line, pattern in zip(
        found, [*expected, "does not hold what its text files give; build it again"], strict=True
    ):
        assert re.fullmatch(pattern, line), found


def test_verify_inputs(made: cohorts.Cohort, path: Path, run: Any) -> None:
    """The same text gives the same store, with other workers and memory, too."""
    with methcohort.open_store(path) as store:
        digest = store.digest
    options = ["--inputs", "--workers", "2", "--memory", "500MB", "--scratch", made.root]
    done = run("verify", path, *options)
    assert done.stdout == f"{path}: ok, {digest}\n", done.stderr
    assert done.stderr == ""


def test_verify_inputs_of_another_program(tmp_path: Path) -> None:
    """A store whose files are not one a sample, in order, cannot be made again."""
    rows = [("chr1", 5, "50", 1, 1)]
    store = cohorts.make_cohort(tmp_path, [rows, rows]).build()
    with rewritten(store) as file:
        file["inputs/sample"][:] = [1, 0]
    methcohort.verify(store)
    assert faults(store, inputs=True) == [
        "does not list the text files of each sample in order; it was made by another program, "
        "and cannot be compared with its text"
    ]


def test_verify_inputs_of_a_bed_file(tmp_path: Path) -> None:
    samples, _ = cohorts.simulate(4, 2, {"chr1": 300, "chr2": 50})
    bed = tmp_path / "sites.bed"
    bed.write_text("chr1\t10\t400\nchr2\t5\t90\n")
    store = cohorts.make_cohort(tmp_path, samples).build(config={"sites": str(bed)})
    assert methcohort.verify(store, inputs=True, workers=0).startswith("sha256:")


def test_verify_inputs_in_a_folder_that_is_read_only(made: cohorts.Cohort, path: Path) -> None:
    """F13: nothing is written beside the store."""
    command = shlex.join(command_line("verify", "--inputs", path))
    root = shlex.quote(str(made.root))
    script = f"mount --bind {root} {root} && mount -o remount,bind,ro {root}"
    if subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", f"{script} && {command}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_changed_bed(tmp_path: Path, run: Any) -> None:
    """The BED file that named the sites is in the store, and named when it has changed."""
    bed = tmp_path / "sites.bed"
    bed.write_text("chr1\t4\t6\n")
    made = cohorts.make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)]])
    target = made.build(config={"sites": str(bed)})
    sha256 = hashlib.sha256(bed.read_bytes()).hexdigest()
    assert methcohort.info(target)["provenance"]["bed"] == {"path": str(bed), "sha256": sha256}
    assert sha256 in run("info", target).stdout
    methcohort.verify(target, inputs=True)
    bed.write_text("chr1\t4\t7\n")
    with pytest.raises(StoreError, match=re.escape(f"{bed}: has other bytes")):
        methcohort.verify(target, inputs=True)


def test_changed_aliases(tmp_path: Path, run: Any) -> None:
    """The store keeps the digest of the file that renamed its chromosomes, too."""
    names = tmp_path / "names.tsv"
    names.write_text("1\tchr1\n")
    made = cohorts.make_cohort(tmp_path, [[("1", 5, "50", 1, 1)]])
    target = made.build(config={"aliases": str(names)})
    sha256 = hashlib.sha256(names.read_bytes()).hexdigest()
    found = methcohort.info(target)["provenance"]
    assert found["aliases"] == {"path": str(names), "sha256": sha256}
    assert f"aliases    {names}, sha256:{sha256}" in run("info", target).stdout
    methcohort.verify(target, inputs=True)
    names.write_text("1\tchr2\n")
    with pytest.raises(StoreError, match=re.escape(f"{names}: has other bytes")):
        methcohort.verify(target, inputs=True)


def test_changed_inputs(tmp_path: Path, run: Any) -> None:
    """A text file that was changed, and one that has gone, are named."""
    made = cohorts.make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)], [("chr1", 6, "50", 1, 1)]])
    target = made.build()
    made.paths[1].write_text("chr1\t6\t50\t2\t2\n")
    methcohort.verify(target)
    with pytest.raises(StoreError, match=re.escape(str(made.paths[1]))):
        methcohort.verify(target, inputs=True)
    made.paths[1].unlink()
    with pytest.raises(InputError, match=re.escape(str(made.paths[1]))):
        methcohort.verify(target, inputs=True)
    done = run("verify", target, "--inputs")
    assert done.returncode == 1
    assert done.stderr.startswith(f"methcohort: error: {made.paths[1]}: does not exist")
