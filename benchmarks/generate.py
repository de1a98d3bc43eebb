"""Write a made-up cohort: one text file a sample, and the sheet that lists them.

A cohort is a universe of sites that all its samples share, and per sample the sites it covers with
the counts of methylated and converted reads at each. The numbers look like those of bisulfite
sequencing of a human genome: sites lie densely in islands and sparsely between them, methylation is
high or low and seldom in between, coverage is over-dispersed with a few towers of a thousand reads
and more. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np
from isal import igzip

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

# Lengths of the chromosomes of GRCh38.
CHROMS: Final = {
    "chr1": 248_956_422,
    "chr2": 242_193_529,
    "chr3": 198_295_559,
    "chr4": 190_214_555,
    "chr5": 181_538_259,
    "chr6": 170_805_979,
    "chr7": 159_345_973,
    "chr8": 145_138_636,
    "chr9": 138_394_717,
    "chr10": 133_797_422,
    "chr11": 135_086_622,
    "chr12": 133_275_309,
    "chr13": 114_364_328,
    "chr14": 107_043_718,
    "chr15": 101_991_189,
    "chr16": 90_338_345,
    "chr17": 83_257_441,
    "chr18": 80_373_285,
    "chr19": 58_617_616,
    "chr20": 64_444_167,
    "chr21": 46_709_983,
    "chr22": 50_818_468,
    "chrX": 156_040_895,
    "chrY": 57_227_415,
}
# A block of text lines that fits in the cache of a core.
ROWS_PER_BLOCK: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class Universe:
    """The sites of a cohort in the order of the genome, and their level of methylation.

    Parameters
    ----------
    chrom
        Index into `CHROMS` of each site.
    pos
        1-based position of each site.
    level
        Share of methylated reads that is typical of the site, 0 to 1.
    """

    chrom: npt.NDArray[np.uint8]
    pos: npt.NDArray[np.int64]
    level: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of one sample beside its reads."""

    name: str
    group: str
    sex: str
    age: int


def positions(rng: np.random.Generator, n_sites: int, length: int) -> npt.NDArray[np.int64]:
    """Return ascending positions of one chromosome, in islands and between them.

    Parameters
    ----------
    rng
        Source of chance.
    n_sites
        Number of positions; lowered where the chromosome is too short for them.
    length
        Length of the chromosome.
    """
    n_sites = min(n_sites, length // 4)
    # Sites come in runs of 64. One run in eight is an island.
    n_runs = n_sites // 64 + 1
    island = np.repeat(rng.random(n_runs) < 0.125, 64)[:n_sites]
    gaps = rng.exponential(np.where(island, 10.0, 110.0)).astype(np.int64) + 2
    # The ends of a chromosome have no sites.
    room = length - min(20_000, length // 10) - int(gaps.sum())
    if room >= 0:
        # A small universe has a few runs, far apart, over the whole chromosome.
        gaps[::64] += rng.multinomial(room, np.full(n_runs, 1 / n_runs))[: len(gaps[::64])]
    else:
        share = 1 + room / (gaps.sum() - 2 * n_sites)
        gaps = 2 + ((gaps - 2) * share).astype(np.int64)
    return np.cumsum(gaps) + min(10_000, length // 20)


def universe(rng: np.random.Generator, n_sites: int) -> Universe:
    """Return the sites of a cohort, spread over the chromosomes by their lengths."""
    lengths = np.array(list(CHROMS.values()))
    share = np.floor(np.cumsum(lengths) / lengths.sum() * n_sites + 0.5).astype(np.int64)
    wanted = np.diff(share, prepend=0)
    by_chrom = [
        positions(rng, int(n), int(length)) for n, length in zip(wanted, lengths, strict=True)
    ]
    counts = [len(pos) for pos in by_chrom]
    pos = np.concatenate(by_chrom)
    chrom = np.repeat(np.arange(len(CHROMS), dtype=np.uint8), counts)
    # Neighbours share their level: one draw for 32 sites, then a little noise.
    n_runs = len(pos) // 32 + 1
    low = rng.random(n_runs) < 0.25
    run = np.where(low, rng.beta(1.2, 18.0, n_runs), rng.beta(18.0, 2.5, n_runs))
    level = np.repeat(run, 32)[: len(pos)] + rng.normal(0.0, 0.04, len(pos))
    return Universe(chrom, pos, np.clip(level, 0.0, 1.0).astype(np.float32))


def samples(rng: np.random.Generator, n_samples: int) -> list[Sample]:
    """Return names and further columns of the sheet."""
    width = max(2, len(str(n_samples)))
    return [
        Sample(
            name=f"s{number:0{width}d}",
            group="control" if number % 2 else "case",
            sex="female" if rng.random() < 0.5 else "male",
            age=int(rng.integers(21, 80)),
        )
        for number in range(1, n_samples + 1)
    ]


def coverage(rng: np.random.Generator, n_rows: int, mean: float) -> npt.NDArray[np.int64]:
    """Return read counts of at least 1: a negative binomial with a few towers."""
    rate = rng.standard_gamma(4.0, n_rows).astype(np.float32) * np.float32(mean / 4.0)
    reads = rng.poisson(rate) + 1
    towers = rng.random(n_rows) < 2e-4
    reads[towers] += rng.integers(200, 3000, int(towers.sum()))
    return reads


class Line:
    """Lines of text as a table of bytes: a field has a fixed width, and blanks are left out."""

    def __init__(self, n_rows: int, width: int) -> None:
        self.bytes = np.zeros((n_rows, width), np.uint8)
        self.end = 0

    def put_bytes(self, column: npt.NDArray[np.uint8]) -> None:
        """Append a field of text, one row of bytes a line; zero bytes are left out."""
        start, self.end = self.end, self.end + column.shape[-1]
        self.bytes[:, start : self.end] = column

    def put_number(self, values: npt.NDArray[np.int64], width: int, *, zeros: bool = False) -> None:
        """Append a number, with or without its leading zeros."""
        self.end += width
        rest = values.astype(np.uint32)
        for place in range(width):
            shown = zeros or place == 0
            blank = np.uint8(0) if shown else (rest == 0)
            rest, digit = np.divmod(rest, np.uint32(10))
            letter = digit.astype(np.uint8) + np.uint8(ord("0"))
            self.bytes[:, self.end - 1 - place] = letter if shown else np.where(blank, 0, letter)

    def put(self, text: bytes) -> None:
        """Append the same bytes to every line."""
        self.put_bytes(np.frombuffer(text, np.uint8))

    def join(self) -> bytes:
        """Return the lines as one text."""
        used = self.bytes[:, : self.end]
        text: bytes = used[used != 0].tobytes()
        return text


def format_rows(
    chrom: npt.NDArray[np.uint8],
    pos: npt.NDArray[np.int64],
    counts: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    decimals: int,
) -> bytes:
    """Return five-column text: chromosome, position, percentage, methylated, converted."""
    c, t = counts
    total = c + t
    scale = 10**decimals
    # Rounded half up, in whole numbers.
    percent = (200 * scale * c + total) // (2 * total)
    names = np.array([name.encode() for name in CHROMS])
    letters = names.view(np.uint8).reshape(len(names), -1)
    line = Line(len(pos), 64)
    line.put_bytes(letters[chrom])
    line.put(b"\t")
    line.put_number(pos, 9)
    line.put(b"\t")
    line.put_number(percent // scale, 3)
    if decimals:
        line.put(b".")
        line.put_number(percent % scale, decimals, zeros=True)
    for count in counts:
        line.put(b"\t")
        line.put_number(count, len(str(int(count.max(initial=0)))))
    line.put(b"\n")
    return line.join()


def sample_text(
    rng: np.random.Generator, sites: Universe, options: argparse.Namespace
) -> Iterator[bytes]:
    """Yield one sample's text in blocks."""
    depth = options.coverage * rng.uniform(0.7, 1.4)
    for start in range(0, len(sites.pos), ROWS_PER_BLOCK):
        pos = sites.pos[start : start + ROWS_PER_BLOCK]
        covered = np.flatnonzero(rng.random(len(pos)) < options.covered) + start
        reads = coverage(rng, len(covered), depth)
        c = rng.binomial(reads, sites.level[covered])
        yield format_rows(
            sites.chrom[covered], sites.pos[covered], (c, reads - c), options.decimals
        )


def write_sample(path: Path, blocks: Iterator[bytes]) -> int:
    """Write a sample's file, gzip where its name ends so; return the bytes of its text."""
    n_bytes = 0
    with path.open("wb") as raw:
        file: BinaryIO | igzip.IGzipFile = raw
        if path.suffix == ".gz":
            file = igzip.IGzipFile("", "wb", 1, raw, mtime=0)  # type: ignore[no-untyped-call]
        for block in blocks:
            n_bytes += file.write(block)
        file.close()
    return n_bytes


def sheet_text(people: list[Sample], paths: list[Path], cohort: str) -> str:
    """Return the sheet of samples."""
    lines = ["sample\tpath\tcohort\tgroup\tsex\tage"]
    lines += [
        f"{one.name}\t{path.as_posix()}\t{cohort}\t{one.group}\t{one.sex}\t{one.age}"
        for one, path in zip(people, paths, strict=True)
    ]
    return "\n".join(lines) + "\n"


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Write a made-up cohort of five-column files.")
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="where the files go")
    add("--samples", type=int, default=8, help="number of samples (8)")
    add("--sites", type=int, default=200_000, help="sites that the samples share (200,000)")
    add("--covered", type=float, default=0.8, help="share of them that a sample covers (0.8)")
    add("--coverage", type=float, default=12.0, help="mean reads at a covered site (12)")
    add("--decimals", type=int, default=6, choices=range(7), help="of the percentage (6)")
    add("--format", choices=["gzip", "plain"], default="gzip", help="of the files (gzip)")
    add("--seed", type=int, default=1, help="source of chance (1)")
    add("--sheet", type=Path, metavar="FILE", help="write the sheet of samples there")
    add("--cohort", default="example", help="the cohort in the sheet (example)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Write the files, and the sheet where one is asked for."""
    options = parse_arguments(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    sites = universe(np.random.default_rng([options.seed, 0]), options.sites)
    people = samples(np.random.default_rng([options.seed, 1]), options.samples)
    suffix = ".txt.gz" if options.format == "gzip" else ".txt"
    paths = [options.output / f"{one.name}{suffix}" for one in people]
    n_bytes = 0
    for number, path in enumerate(paths):
        # A source of chance of its own: a sample does not depend on how many there are.
        rng = np.random.default_rng([options.seed, 2, number])
        n_bytes += write_sample(path, sample_text(rng, sites, options))
    if options.sheet is not None:
        options.sheet.parent.mkdir(parents=True, exist_ok=True)
        options.sheet.write_text(sheet_text(people, paths, options.cohort), encoding="utf-8")
    print(f"{options.output}: {len(paths)} samples, {n_bytes / 1e6:,.1f} MB of text")


if __name__ == "__main__":
    main()
