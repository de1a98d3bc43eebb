"""A file whose positions are off by one, or of another genome, is told by a reference."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from genomes import CHG, CHH, CPG, MINUS, PLUS, fasta, listed, machine, random_bases
from genomes import kind as kind_of
from places import SHARED

from methcohort.base_check.against_reference import (
    FEW,
    FITS,
    OTHER_GENOME,
    OTHER_NAMES,
    SHIFTED,
    STRANDS,
    BaseFigures,
    Verdict,
    added,
    count_rows,
    judge,
)
from methcohort.genome.fasta import load_reference
from methcohort.rows.blocks import Columns

REAL = SHARED / "formats"
BOTH = PLUS | MINUS
PAIRS = str.maketrans("ACGT", "TGCA")


def figures_of(
    folder: Path,
    genome: dict[str, str],
    rows: dict[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    n_blocks: int = 1,
) -> BaseFigures:
    """What rows (positions, kinds) of some chromosomes are on."""
    path = folder / "genome.fa"
    path.write_bytes(fasta(genome))
    columns = [
        Columns(
            np.asarray(pos, np.int32),
            np.empty(0, np.float32),
            np.empty(0, np.uint16),
            np.empty(0, np.uint16),
            np.asarray(kinds, np.uint8),
            np.array([[number, 0]], np.int32),
        )
        for number, (pos, kinds) in enumerate(rows.values())
    ]
    if n_blocks > 1:
        columns = [
            part._replace(pos=part.pos[k::n_blocks], kind=part.kind[k::n_blocks])
            for part in columns
            for k in range(n_blocks)
        ]
    with machine(folder) as (pool, memory):
        read = load_reference(pool, str(path))
        return count_rows(read.genome.open(memory.arenas), list(rows), columns)


def verdict(figures: BaseFigures, base: int | None = None) -> Verdict:
    return judge(figures, "genome.fa", ["chr1", "chr2"], base)


class Rows(NamedTuple):
    """The rows of a real file: chromosome, 1-based position, + or -, and the bases that follow."""

    chrom: str
    pos: int
    strand: str
    bases: str


def lines(name: str) -> Iterator[list[str]]:
    data = next((REAL / name).iterdir()).read_bytes()
    text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    return (line.split("\t") for line in text.decode().splitlines())


def of_report() -> Iterator[Rows]:
    for chrom, pos, strand, _, _, _, bases in lines("bismark_cytosine_report"):
        yield Rows(chrom, int(pos), strand, bases)


def of_cgmap() -> Iterator[Rows]:
    for chrom, base, pos, _, bases, *_ in lines("cgmap"):
        yield Rows(chrom, int(pos), "+" if base == "C" else "-", bases)


def of_dnmtools() -> Iterator[Rows]:
    patterns = {"CpG": "CG", "CXG": "CAG", "CHH": "CAT"}
    for chrom, pos, strand, context, *_ in lines("dnmtools_counts"):
        context = context.rstrip("x")
        yield Rows(chrom, int(pos) + 1, strand, patterns.get(context, context))


def of_bsmap() -> Iterator[Rows]:
    patterns = {"CG": "CG", "CHG": "CAG", "CHH": "CAT"}
    for chrom, pos, strand, context, *_ in list(lines("bsmap_methratio"))[1:]:
        yield Rows(chrom, int(pos), strand, patterns[context])


SOURCES: dict[str, Callable[[], Iterator[Rows]]] = {
    "bismark_cytosine_report": of_report,
    "cgmap": of_cgmap,
    "dnmtools_counts": of_dnmtools,
    "bsmap_methratio": of_bsmap,
}


def rebuilt(rows: list[Rows], seed: int) -> dict[str, str]:
    """A genome in which each row is where its file says; all other bases are random."""
    rng = np.random.default_rng(seed)
    ends: dict[str, int] = {}
    for row in rows:
        ends[row.chrom] = max(ends.get(row.chrom, 0), row.pos + 10)
    genome = {name: list(random_bases(rng, n)) for name, n in ends.items()}
    for row in rows:
        for k, base in enumerate(row.bases):
            if row.strand == "+":
                genome[row.chrom][row.pos - 1 + k] = base
            elif row.pos - 1 - k >= 0:
                genome[row.chrom][row.pos - 1 - k] = base.translate(PAIRS)
    for row in rows:  # the cytosines themselves are sure, their neighbours overlap
        genome[row.chrom][row.pos - 1] = "C" if row.strand == "+" else "G"
    return {name: "".join(bases) for name, bases in genome.items()}


def as_rows(
    rows: list[Rows], shift: int, with_strand: bool, swapped: bool = False
) -> dict[str, tuple[list[int], list[int]]]:
    """The rows by chromosome, as a reader that is off by `shift` gives them."""
    plus, minus = (MINUS, PLUS) if swapped else (PLUS, MINUS)
    found: dict[str, tuple[list[int], list[int]]] = {}
    for row in rows:
        pos, kinds = found.setdefault(row.chrom, ([], []))
        pos.append(row.pos + shift)
        if with_strand:
            kinds.append(plus if row.strand == "+" else minus)
    return found


@pytest.fixture(params=SOURCES)
def real(request: pytest.FixtureRequest) -> list[Rows]:
    if not (REAL / request.param).is_dir():
        pytest.skip("the real files are not here")
    return list(SOURCES[request.param]())


@pytest.mark.parametrize("with_strand", [True, False], ids=["strand", "no strand"])
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_real_positions(tmp_path: Path, real: list[Rows], shift: int, with_strand: bool) -> None:
    """Off by one is told from right in both directions, with and without the strand column."""
    figures = figures_of(tmp_path, rebuilt(real, 1), as_rows(real, shift, with_strand))
    found = verdict(figures)
    assert (found.outcome, found.shift) == (SHIFTED if shift else FITS, -shift), found.message
    assert found.shares[1 - shift] > 0.99
    assert found.is_fault == (shift != 0)
    if shift == 1:
        assert "positions are one too high" in found.message
        assert "1-based text is read as 0-based" in found.message
    if shift == -1:
        assert "positions are one too low" in found.message
        assert "custom with base: 0" in found.message


@pytest.mark.parametrize("with_strand", [True, False], ids=["strand", "no strand"])
def test_real_positions_of_another_build(
    tmp_path: Path, real: list[Rows], with_strand: bool
) -> None:
    """No shift helps; the message has the three shares."""
    other = [row._replace(pos=row.pos + 137) for row in real]
    found = verdict(figures_of(tmp_path, rebuilt(other, 2), as_rows(real, 0, with_strand)))
    assert (found.outcome, found.shift) == (OTHER_GENOME, 0)
    assert max(found.shares) < 0.75
    for share in found.shares:
        assert f"{round(100 * share, 1):g} %" in found.message
    assert "so they are of another genome build" in found.message
    assert "the reference that the reads were aligned to" in found.message


def test_real_positions_with_strands_swapped(tmp_path: Path, real: list[Rows]) -> None:
    """Then + is on G and - on C: neither another genome nor another base."""
    found = verdict(figures_of(tmp_path, rebuilt(real, 1), as_rows(real, 0, True, swapped=True)))
    assert found.outcome == STRANDS
    assert "the strands are swapped" in found.message


def test_real_positions_on_random_bases(tmp_path: Path, real: list[Rows]) -> None:
    """Another genome altogether: rows lie on chance bases and beyond its ends."""
    rng = np.random.default_rng(4)
    genome = {row.chrom: "" for row in real}
    genome = {name: random_bases(rng, 400_000) for name in genome}
    found = verdict(figures_of(tmp_path, genome, as_rows(real, 0, True)))
    assert found.outcome == OTHER_GENOME


def simulated(n: int = 4000, seed: int = 7) -> str:
    return random_bases(np.random.default_rng(seed), n, "ACGTCG")


def cpg_rows(bases: str, strands: str, shift: int, *, known: bool) -> tuple[list[int], list[int]]:
    """Rows at the CpG sites of a sequence."""
    pos = listed(bases, CPG, False)
    kinds = [kind_of(bases, p) for p in pos]
    kept = [
        (p + shift, k) for p, k in zip(pos, kinds, strict=True) if strands == "both" or k & PLUS
    ]
    if strands == "merged":
        kept = [(p, CPG | BOTH) for p, _ in kept]
    return [p for p, _ in kept], [k for _, k in kept] if known else []


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("strands", ["both", "plus", "merged"])
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_cpg_rows(tmp_path: Path, strands: str, shift: int, known: bool) -> None:
    """Rows of one strand that are one too high are all on the G of their CpG: a right base."""
    bases = simulated()
    rows = cpg_rows(bases, strands, shift, known=known)
    found = verdict(figures_of(tmp_path, {"chr1": bases}, {"chr1": rows}))
    assert (found.outcome, found.shift) == (SHIFTED if shift else FITS, -shift), found.message
    if strands == "both" and not known and shift:
        assert found.shares[1] > 0.6  # one half of them is on the other base of its CpG


@pytest.mark.parametrize("contexts", [CHG, CHH, CHG | CHH])
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_other_contexts(tmp_path: Path, contexts: int, shift: int) -> None:
    bases = simulated()
    pos = [p + shift for p in listed(bases, contexts, False)]
    found = verdict(figures_of(tmp_path, {"chr1": bases}, {"chr1": (pos, [])}))
    assert (found.outcome, found.shift) == (SHIFTED if shift else FITS, -shift), found.message


@pytest.mark.parametrize("shift", [-1, 0, 1])
@pytest.mark.parametrize("changed", [0.02, 0.2])
def test_variants_do_not_matter(tmp_path: Path, shift: int, changed: float) -> None:
    """Rows at sites that the reference has not, as of variants or sequencing errors."""
    bases = simulated()
    rng = np.random.default_rng(8)
    rows = cpg_rows(bases, "both", shift, known=True)
    altered = list(bases)
    for k in np.flatnonzero(rng.random(len(bases)) < changed):
        altered[k] = "ATN"[k % 3]
    found = verdict(figures_of(tmp_path, {"chr1": "".join(altered)}, {"chr1": rows}))
    assert (found.outcome, found.shift) == (SHIFTED if shift else FITS, -shift), found.message
    assert (changed > 0.1 and not shift) == ("only" in found.note)


def test_cpg_of_reads_where_strands_are_joined(tmp_path: Path) -> None:
    """A CpG that reads have and the reference has as TpG does not make its G the better base."""
    bases = simulated()
    pos = listed(bases, CPG, True)
    altered = list(bases)
    for p in pos[::6]:
        altered[p - 1] = "T"
    found = verdict(figures_of(tmp_path, {"chr1": "".join(altered)}, {"chr1": (pos, [])}))
    assert found.shares[2] > found.shares[1] + 0.1
    assert (found.outcome, found.shift) == (FITS, 0)


def test_positions_of_one_strand_at_the_other(tmp_path: Path) -> None:
    """Both strands of a CpG at its C: the rows of - are no cytosines of theirs."""
    bases = simulated()
    pos, kinds = cpg_rows(bases, "both", 0, known=True)
    pos = [p - bool(k & MINUS) for p, k in zip(pos, kinds, strict=True)]
    found = verdict(figures_of(tmp_path, {"chr1": bases}, {"chr1": (pos, kinds)}))
    assert found.outcome == STRANDS
    assert "those of strand - when moved up by one" in found.message


def test_few_rows(tmp_path: Path) -> None:
    """They prove nothing, and that is said."""
    found = verdict(figures_of(tmp_path, {"chr1": "TTTT" * 99}, {"chr1": (range(1, 20), [])}))
    assert (found.outcome, found.is_fault) == (FEW, False)
    assert "19 rows on chromosomes of the reference are too few" in found.message
    empty = BaseFigures(np.zeros((4, 3, 5), np.int64), 0, (), ())
    assert verdict(empty).outcome == FEW


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_few_rows_without_a_strand(tmp_path: Path, shift: int) -> None:
    """In a genome where CpG lies beside CpG, 30 rows tell nothing; with strands they do."""
    bases = simulated()
    pos, kinds = cpg_rows(bases, "both", shift, known=True)
    some = {"chr1": (pos[:30], [])}
    found = verdict(figures_of(tmp_path, {"chr1": "CGCGCGCGTA" * 400}, some))
    assert (found.outcome, found.is_fault) == (FEW, False), found
    assert "rows without a strand" in found.message
    found = verdict(figures_of(tmp_path, {"chr1": bases}, {"chr1": (pos[:30], kinds[:30])}))
    assert (found.outcome, found.shift) == (SHIFTED if shift else FITS, -shift)


def test_names_that_the_reference_does_not_have(tmp_path: Path) -> None:
    """All of them is an error with the names of both sides; some are counted."""
    bases = simulated()
    rows = cpg_rows(bases, "both", 0, known=True)
    found = verdict(figures_of(tmp_path, {"chr1": bases}, {"1": rows, "2": rows}))
    assert (found.outcome, found.is_fault) == (OTHER_NAMES, True)
    assert "found chromosomes 1, 2, none of which" in found.message
    assert "genome.fa, which has chr1, chr2" in found.message
    assert "give aliases" in found.message
    figures = figures_of(
        tmp_path, {"chr1": bases}, {"chr1": rows, "lambda": ([5, 6, 9], [1, 1, 1])}
    )
    assert figures.n_missing == 3
    found = verdict(figures)
    assert found.outcome == FITS
    assert "3 rows are on chromosomes that the reference does not have (lambda)" in found.note


def test_a_chromosome_of_another_version(tmp_path: Path) -> None:
    """It is named where the file as a whole fits, and where rows lie beyond its end."""
    bases, other = simulated(20_000), simulated(400, seed=9)
    rows = cpg_rows(bases, "both", 0, known=True)
    odd = list(range(2, 402, 4)), [PLUS] * 100
    figures = figures_of(tmp_path, {"chr1": bases, "chrM": other}, {"chr1": rows, "chrM": odd})
    found = verdict(figures)
    assert found.outcome == FITS
    assert [one.name for one in figures.odd] == ["chrM"]
    assert "of the 100 rows of chrM are on a right base" in found.note
    beyond = list(range(301, 501)), [PLUS] * 200
    figures = figures_of(tmp_path, {"chr1": bases, "chrM": other}, {"chr1": rows, "chrM": beyond})
    assert figures.odd[0].n_outside == 100
    assert "100 lie beyond its end" in verdict(figures).note


def test_parts_and_blocks_add_up(tmp_path: Path) -> None:
    """Figures of a file do not depend on how its rows are cut."""
    bases = simulated()
    rows = {"chr1": cpg_rows(bases, "both", 0, known=True), "x": ([1, 2], [1, 2])}
    whole = figures_of(tmp_path, {"chr1": bases}, rows)
    cut = figures_of(tmp_path, {"chr1": bases}, rows, n_blocks=3)
    twice = added([whole, cut])
    assert cut.bases.tolist() == whole.bases.tolist()
    assert twice.bases.tolist() == (2 * whole.bases).tolist()
    assert (twice.n_missing, twice.missing) == (4, ("x",))
    assert twice.shares() == whole.shares()
    assert verdict(twice).shares == verdict(whole).shares


def test_small_chromosomes_count_together(tmp_path: Path) -> None:
    """Rows of contigs that prove nothing alone decide together, and are held against no other."""
    genome = {f"contig{k}": "CGAT" * 4 for k in range(30)} | {"chr1": simulated()}
    rows = {name: ([1, 2, 3], [PLUS, MINUS, PLUS]) for name in genome}
    rows["chr1"] = cpg_rows(genome["chr1"], "both", 0, known=True)
    figures = figures_of(tmp_path, genome, rows)
    n = len(rows["chr1"][0])
    assert (figures.n_rows, figures.right()[1], figures.odd) == (n + 90, n + 60, ())
    del rows["chr1"]
    assert verdict(figures_of(tmp_path, genome, rows)).outcome == OTHER_GENOME


@pytest.mark.parametrize("base", [0, 1, None])
@pytest.mark.parametrize("shift", [-1, 1])
def test_what_is_to_be_done(tmp_path: Path, base: int | None, shift: int) -> None:
    """The other base is advised only where it explains the shift."""
    bases = simulated()
    rows = cpg_rows(bases, "both", shift, known=True)
    found = verdict(figures_of(tmp_path, {"chr1": bases}, {"chr1": rows}), base)
    true = 1 if shift > 0 else 0
    advised = f"custom with base: {true}" in found.message
    assert advised == (base != true)
    assert ("and not for its base" in found.message) == (base == true)
    assert "base_check" in found.message
