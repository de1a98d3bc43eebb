"""A reference genome is read right however it is written; its sites are those of a slow look."""

import gzip
import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from cohorts import BGZF_END, compress
from genomes import CHG, CHH, CPG, MINUS, PLUS, fasta, kind, listed, machine, random_bases
from hypothesis import given, settings
from hypothesis import strategies as st
from references import codes_of, loaded

from methcohort.cohort.config import is_wanted
from methcohort.core.errors import InputError
from methcohort.engine import SCRATCH
from methcohort.engine.pool import Pool
from methcohort.files import text as _text
from methcohort.genome import bases as genome_module
from methcohort.genome import fasta as module
from methcohort.genome import packing
from methcohort.genome.fasta import Reference, load_reference
from methcohort.genome.kernels import count_bases, kinds_at, mark_sites
from methcohort.matrix import reference_kinds
from methcohort.matrix import sites as sites_module
from methcohort.matrix.listed_sites import sites_of_reference
from methcohort.matrix.reference_kinds import kinds_of_reference
from methcohort.matrix.sites import Listing, union_of_sites
from methcohort.rows.blocks import Block, column_offsets
from methcohort.rows.index import Catalog


def renamed(prefix: str, name: str) -> str:
    """A name with something before it."""
    return prefix + name


@settings(max_examples=150)
@given(
    sequences=st.lists(
        st.text("ACGTNacgtnCGcgRYSWKMBDHVXryuU-", max_size=400), min_size=1, max_size=6
    ).filter(any),
    width=st.integers(1, 200),
    newline=st.sampled_from(["\n", "\r\n", "\n\n", " \n"]),
    block=st.integers(64, 300),
    piece=st.sampled_from([64, 128, 1 << 12]),
    unwanted=st.booleans(),
    compressed=st.booleans(),
    ends=st.booleans(),
)
def test_all_ways_of_writing(
    tmp_path_factory: pytest.TempPathFactory,
    sequences: list[str],
    width: int,
    newline: str,
    block: int,
    piece: int,
    unwanted: bool,
    compressed: bool,
    ends: bool,
) -> None:
    """Bases do not depend on the width of lines, their ends, or where the text is cut."""
    folder = tmp_path_factory.mktemp("fasta")
    genome = {f"chr{k}": bases for k, bases in enumerate(sequences)}
    left_out = "chr0" if unwanted and any(sequences[1:]) else ""
    text = fasta(genome, width, newline)
    text = text if ends else text.rstrip()
    path = folder / "genome.fa"
    path.write_bytes(gzip.compress(text) if compressed else text)
    with machine(folder) as (pool, memory), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_text, "BLOCK_BYTES", block)
        patch.setattr(packing, "PIECE_BASES", piece)
        wanted = partial(is_wanted, include=(), exclude=(left_out,))
        found = loaded(path, memory, pool, wanted=wanted)
    assert found == {name: codes_of(bases) for name, bases in genome.items() if name != left_out}


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("ram", [0, 1 << 28], ids=["scratch", "ram"])
@pytest.mark.parametrize("form", ["none", "gzip", "bgzip"])
def test_memory_and_workers(tmp_path: Path, workers: int, ram: int, form: str) -> None:
    """Bases are the same in RAM, in scratch, in a worker and here, whatever an index says."""
    rng = np.random.default_rng(5)
    genome = {"1": random_bases(rng, 100_001), "2": "", "MT": random_bases(rng, 70, "acgtn")}
    path = tmp_path / "genome.fa"
    path.write_bytes(compress(fasta(genome), form))
    (tmp_path / "genome.fa.fai").write_text("1\t5\t3\t60\t61\n")
    with machine(tmp_path, workers, ram) as (pool, memory):
        found = loaded(path, memory, pool, rename=partial(renamed, "chr"))
        assert found == {f"chr{name}": codes_of(bases) for name, bases in genome.items()}
        again = loaded(path, memory, pool)
        assert list(again) == list(genome)
        if ram == 0:
            assert memory.sizes()[SCRATCH] > 0


def test_names(tmp_path: Path) -> None:
    """A name ends at the first blank, and lines may be of any length."""
    path = tmp_path / "genome.fa"
    text = b"\xef\xbb\xbf\n\n>chr1 a chromosome\nAC\n>chr2\tanother\r\nGG\n>chr3\n"
    path.write_bytes(text + b"CA" * 1_500_000)
    with machine(tmp_path) as (pool, memory):
        found = loaded(path, memory, pool)
    assert list(found) == ["chr1", "chr2", "chr3"]
    assert (found["chr1"], found["chr2"]) == ([3, 1], [2, 2])
    assert found["chr3"] == [1, 3] * 1_500_000


FAULTS = {
    "no FASTA": (b"chr1\t10\t50\t1\t1\n", "line 1: found 'chr1\\\\t10\\\\t50.*expected FASTA"),
    "bases alone": (b"\n\nACGT\nACGT\n", "line 3: found 'ACGT'; expected FASTA"),
    "FASTQ": (b"@read\nACGT\n+\nIIII\n", "line 1: found '@read'; expected FASTA"),
    "blank": (b"\n\n\n", "found no sequence; expected a FASTA"),
    "empty": (b"", "the file is empty"),
    "no bases": (b">chr1\n\n>chr2\n", "no base of a wanted chromosome among.*chr1, chr2"),
    "name again": (b">a\nAC\n>b\nA\n>a x\nC\n", "line 5: found a a second time"),
    "same name": (b">1\nAC\n>chr1\nC\n", "line 3: found 1 and chr1, both for the chromosome chr1"),
    "no name": (b">a\nAC\n> b\nC\n", "line 3: found the header '> b'.*it has 0 bytes"),
    "protein": (b">p\nACG\nMKELV\n", "line 3: found 'ELV' in the sequence p; expected letters"),
    "digits": (b">a\n1 ACGT\n", "line 2: found '1 ACGT'"),
    "mark inside": (b">a\nACGT>b\nA\n", "line 2: found '>b' in the sequence a"),
    "old Mac": (b">a\nACGT\rACGT\r", "line 2: found 'ACGT"),
    "old Mac header": (b">a\rACGT\rACGT\r", "line 1: found the header.*control character"),
    "cut gzip": (gzip.compress(b">a\n" + os.urandom(9000).hex().encode())[:-4000], "cut short"),
    "damaged": (gzip.compress(b">a\nACGT\n")[:-8] + b"12345678", "gzip data is damaged"),
    "no bgzip end": (compress(b">a\nACGT\n", "bgzip")[: -len(BGZF_END)], "end-of-file block"),
    "binary": (b"PK\x03\x04" + bytes(90), "found a zip archive.*; expected FASTA"),
}


def as_chr(name: str) -> str:
    """The name with `chr` before it, once."""
    return "chr" + name.removeprefix("chr") if name.removeprefix("chr").isdigit() else name


@pytest.mark.parametrize("name", FAULTS)
def test_faults(tmp_path: Path, name: str) -> None:
    """Each is told by file and line, with what was found and expected."""
    data, expected = FAULTS[name]
    path = tmp_path / "genome.fa"
    path.write_bytes(data)
    with machine(tmp_path) as (pool, _), pytest.raises(InputError, match=expected) as caught:
        load_reference(pool, str(path), as_chr)
    assert str(caught.value).startswith(str(path))


def test_missing_file(tmp_path: Path) -> None:
    with machine(tmp_path) as (pool, _), pytest.raises(InputError, match="cannot be read"):
        load_reference(pool, str(tmp_path / "none.fa"))


def test_a_file_that_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read then is a mixture; it is told as that."""
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta({"a": "ACGT" * 1000}))
    real = module.find_newline

    def replaced(*arguments: object) -> int:
        path.write_bytes(b"something else")
        return int(real(*arguments))

    monkeypatch.setattr(module, "find_newline", replaced)
    with machine(tmp_path) as (pool, _), pytest.raises(InputError, match="changed, replaced"):
        load_reference(pool, str(path))


def test_too_many_sequences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can make a build keep names without end."""
    monkeypatch.setattr(module, "MAX_SEQUENCES", 3)
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta(dict.fromkeys("abc", "AC")))
    with machine(tmp_path) as (pool, _):
        assert list(load_reference(pool, str(path)).chroms) == ["a", "b", "c"]
        path.write_bytes(fasta(dict.fromkeys("abcd", "AC")))
        with pytest.raises(InputError, match="line 7: found more than 3 sequences"):
            load_reference(pool, str(path))


def test_too_long_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many short names and one long one are refused as they are in a text of calls."""
    monkeypatch.setattr(module, "MAX_NAMES_BYTES", 40)
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta(dict.fromkeys("abc", "AC") | {"d" * 10: "AC"}))
    with machine(tmp_path) as (pool, _):
        assert len(load_reference(pool, str(path)).chroms) == 4
        path.write_bytes(fasta(dict.fromkeys("abc", "AC") | {"d" * 11: "AC"}))
        with pytest.raises(InputError, match="line 7: found 4 sequences, with names of up to 11"):
            load_reference(pool, str(path))


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """A genome that is released leaves its room to others."""
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta({f"contig{k}": "ACGTN" * 50 for k in range(500)}))
    with machine(tmp_path) as (pool, memory):
        sizes = set()
        for _ in range(3):
            load_reference(pool, str(path)).genome.release(memory)
            sizes.add(memory.sizes())
        assert len(sizes) == 1
        assert sum(sizes.pop()) < 100_000  # small sequences share an extent


def test_names_with_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are told apart also where their keys are the same."""
    monkeypatch.setattr(genome_module, "_key", len)
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta({"bb": "C", "a": "CC", "é": "CCC", "dd": "CCCC"}))
    with machine(tmp_path) as (pool, memory):
        genome = load_reference(pool, str(path)).genome.open(memory.arenas)
        assert genome.names == ["bb", "a", "é", "dd"]
        assert [genome.length(name) for name in ["dd", "é", "a", "bb", "cc", "ccc"]] == [
            4, 3, 2, 1, 0, 0,
        ]  # fmt: skip
        assert genome.chromosome("b") is None


LETTERS = "ACGTCGNacgtRCG"


@settings(max_examples=100)
@given(
    bases=st.text(LETTERS, min_size=1, max_size=300),
    contexts=st.integers(1, 7),
    collapse=st.booleans(),
)
def test_kinds_and_listing(
    tmp_path_factory: pytest.TempPathFactory, bases: str, contexts: int, collapse: bool
) -> None:
    """Each base is what a slow look says, and every cytosine is listed once."""
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "g.fa").write_bytes(fasta({"a": bases}))
    with machine(folder) as (pool, memory):
        read = load_reference(pool, str(folder / "g.fa"))
        found = read.genome.open(memory.arenas).chromosome("a")
        assert found is not None
        pos = np.arange(-1, len(bases) + 4, dtype=np.int32)
        out = np.full(pos.size, 255, np.uint8)
        kinds_at(found.planes, found.length, pos, out)
        expected = [kind(bases, k) if 0 < k <= len(bases) else 0 for k in pos.tolist()]
        assert out.tolist() == expected
        for low, high in [(1, len(bases) + 1), (65, 129), (65, len(bases) + 70)]:
            bits = np.zeros(16, np.uint64)
            wanted = contexts << 2
            mark_sites(found.planes, found.length, low, high, wanted, collapse, 64, bits)
            marked = np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little"))
            sites = [k for k in listed(bases, wanted, collapse) if low <= k < high]
            assert (marked - 64 + low).tolist() == sites


@settings(max_examples=100)
@given(
    bases=st.text(LETTERS, min_size=1, max_size=200),
    rows=st.lists(st.tuples(st.integers(-2, 210), st.integers(0, 31)), max_size=50),
    with_kind=st.booleans(),
)
def test_counted_bases(
    tmp_path_factory: pytest.TempPathFactory,
    bases: str,
    rows: list[tuple[int, int]],
    with_kind: bool,
) -> None:
    """Each row is counted once a shift, by its strand and what is there."""
    folder = tmp_path_factory.mktemp("bases")
    (folder / "g.fa").write_bytes(fasta({"a": bases}))
    pos = np.array([row[0] for row in rows], np.int32)
    kinds = np.array([row[1] for row in rows if with_kind], np.uint8)
    joint, single = np.zeros(256, np.int64), np.zeros((4, 3, 5), np.int64)
    with machine(folder) as (pool, memory):
        read = load_reference(pool, str(folder / "g.fa"))
        found = read.genome.open(memory.arenas).chromosome("a")
        assert found is not None
        count_bases(found.planes, found.length, pos, kinds, joint, single)
    expected = np.zeros((4, 3, 5), np.int64)
    codes = codes_of(bases)
    for row, (p, _) in enumerate(rows):
        for shift in (-1, 0, 1):
            inside = 0 < p + shift <= len(bases)
            what = codes[p + shift - 1] if inside else 4
            expected[kinds[row] & 3 if with_kind else 0, shift + 1, what] += 1
    from_joint = np.zeros((4, 3, 5), np.int64)
    for key, n in enumerate(joint.tolist()):
        for shift in range(3):
            what = (key >> shift & 1) | (key >> (3 + shift) & 1) << 1
            from_joint[key >> 6, shift, what] += n
    assert (from_joint + single).tolist() == expected.tolist()


def genome_of(tmp_path: Path, pool: Pool, genome: dict[str, str]) -> Reference:
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta(genome, 70))
    return load_reference(pool, str(path))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("collapse", [False, True])
@pytest.mark.parametrize("contexts", [CPG, CHG | CHH, CPG | CHG | CHH])
def test_sites_of_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, collapse: bool, contexts: int
) -> None:
    """They are all cytosines wanted, over windows and chromosomes, with their kinds."""
    monkeypatch.setattr(sites_module, "WINDOW", 256)
    monkeypatch.setattr(reference_kinds, "KIND_SITES", 100)
    rng = np.random.default_rng(3)
    genome = {
        "chr2": random_bases(rng, 1000, LETTERS),
        "none": "ATTTAN" * 60,
        "chr1": random_bases(rng, 513, LETTERS),
        "small": "CG",
    }
    order = ("chr1", "chr2", "absent", "none", "small")
    with machine(tmp_path, workers) as (pool, memory):
        read = genome_of(tmp_path, pool, genome)
        names, sites = sites_of_reference(
            pool, memory, Listing(read.genome, order, contexts, collapse)
        )
        kinds = kinds_of_reference(pool, memory, read.genome, names, sites, collapse=collapse)
        pos = sites.pos.open(memory.arenas).copy()
        found = kinds.open(memory.arenas).copy()
    expected = {name: listed(genome.get(name, ""), contexts, collapse) for name in order}
    assert names == tuple(name for name in order if expected[name])
    assert (
        sites.offset.tolist() == np.cumsum([0, *(len(expected[name]) for name in names)]).tolist()
    )
    assert pos.tolist() == [p for name in names for p in expected[name]]
    true = [kind(genome[name], p) for name in names for p in expected[name]]
    both = PLUS | MINUS
    assert found.tolist() == [k | both if collapse and k & CPG else k for k in true]


def test_union_with_a_reference(tmp_path: Path) -> None:
    """Rows off the reference are sites beside its own, also behind its end and on other names."""
    genome = {"a": "ACGTTCGATC", "b": "TTTT"}
    with machine(tmp_path) as (pool, memory):
        read = genome_of(tmp_path, pool, genome)
        pos = np.array([3, 4, 15, 7], np.int32)
        nbytes = column_offsets(4, wide=False, with_pct=False, with_kind=False)[-1]
        block = Block(memory.reserve(nbytes), 4, False, False, False)
        memory.arenas.map(block.extent)[:16].view(np.int32)[:] = pos
        runs = np.array([[0, 0, 3], [2, 3, 4]], np.int64)
        catalog = Catalog.build([[block]], [runs], 3, memory.sizes())
        shared = catalog.share(memory)
        listing = Listing(read.genome, ("a", "b", "c"), CPG, True)
        sites = union_of_sites(pool, memory, catalog, shared, 1, listing=listing)
        found = sites.pos.open(memory.arenas).tolist()
        kinds = kinds_of_reference(pool, memory, read.genome, "abc", sites, collapse=False)
        known = kinds.open(memory.arenas).tolist()
    assert found == [2, 3, 4, 6, 15, 7]
    assert sites.offset.tolist() == [0, 5, 5, 6]
    assert known == [PLUS | CPG, MINUS | CPG, 0, PLUS | CPG, 0, 0]
