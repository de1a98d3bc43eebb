"""Write a made-up cohort: one text file a sample, and the sheet that lists them.

A cohort is a universe of sites that all its samples share, and per sample the sites it covers with
the counts of methylated and converted reads at each. The numbers look like those of bisulfite
sequencing of a human genome: sites lie densely in islands and sparsely between them, methylation is
high or low and seldom in between, coverage is over-dispersed with a few towers of a thousand reads
and more. There is also a plant, with every cytosine of a small genome, and a draft of many contigs.
The same arguments give the same bytes, whatever the number of workers.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from isal import igzip, isal_zlib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
# Lengths of the chromosomes of Arabidopsis thaliana, TAIR10.
PLANT_CHROMS: Final = {
    "Chr1": 30_427_671,
    "Chr2": 19_698_289,
    "Chr3": 23_459_830,
    "Chr4": 18_585_056,
    "Chr5": 26_975_502,
}
# Text of one block of a bgzip file, as htslib cuts it, and the empty block at the end of a file.
BGZIP_BLOCK: Final = 65_280
BGZIP_END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
SUFFIXES: Final = {"gzip": ".txt.gz", "bgzip": ".txt.gz", "plain": ".txt"}
# A block of text lines that fits in the cache of a core.
ROWS_PER_BLOCK: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class Universe:
    """The sites of a cohort in the order of the genome, and their level of methylation.

    Parameters
    ----------
    names
        Names of the chromosomes.
    chrom
        Index into `names` of each site.
    pos
        1-based position of each site.
    level
        Share of methylated reads that is typical of the site, 0 to 1.
    """

    names: tuple[str, ...]
    chrom: npt.NDArray[np.unsignedinteger]
    pos: npt.NDArray[np.int64]
    level: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of one sample beside its reads."""

    name: str
    group: str
    sex: str
    age: int


@dataclass(slots=True)
class Sums:
    """What a sample's file holds: the truth against which stores are checked."""

    sample: str
    n_rows: int = 0
    sum_c: int = 0
    sum_t: int = 0
    max_count: int = 0
    text_bytes: int = 0
    file_bytes: int = 0


def contigs(rng: np.random.Generator, number: int) -> dict[str, int]:
    """Return names and lengths of the contigs of a draft: many short ones, a few long ones."""
    lengths = (2_000 * (1 + rng.pareto(1.5, number))).clip(max=5e6).astype(np.int64)
    return {f"contig_{k:07d}": int(length) for k, length in enumerate(lengths, 1)}


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


def dense_positions(rng: np.random.Generator, n_sites: int, length: int) -> npt.NDArray[np.int64]:
    """Return about `n_sites` ascending positions, each base as likely as any other."""
    chance = np.float32(n_sites / length)
    return np.flatnonzero(rng.random(length, np.float32) < chance) + 1


def universe(
    rng: np.random.Generator, n_sites: int, genome: str = "human", n_contigs: int = 0
) -> Universe:
    """Return the sites of a cohort, spread over the chromosomes by their lengths."""
    known = {"human": CHROMS, "plant": PLANT_CHROMS}
    chroms = known[genome] if genome in known else contigs(rng, n_contigs)
    draw = dense_positions if genome == "plant" else positions
    lengths = np.array(list(chroms.values()))
    share = np.floor(np.cumsum(lengths) / lengths.sum() * n_sites + 0.5).astype(np.int64)
    wanted = np.diff(share, prepend=0)
    by_chrom = [draw(rng, int(n), int(length)) for n, length in zip(wanted, lengths, strict=True)]
    counts = [len(pos) for pos in by_chrom]
    pos = np.concatenate(by_chrom)
    chrom = np.repeat(np.arange(len(chroms), dtype=np.min_scalar_type(len(chroms))), counts)
    # Neighbours share their level: one draw for 32 sites, then a little noise. In a plant most
    # cytosines are in a context that is hardly methylated.
    n_runs = len(pos) // 32 + 1
    low = rng.random(n_runs) < (0.85 if genome == "plant" else 0.25)
    run = np.where(low, rng.beta(1.2, 18.0, n_runs), rng.beta(18.0, 2.5, n_runs))
    level = np.repeat(run, 32)[: len(pos)] + rng.normal(0.0, 0.04, len(pos))
    return Universe(tuple(chroms), chrom, pos, np.clip(level, 0.0, 1.0).astype(np.float32))


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
    names: npt.NDArray[np.uint8],
    pos: npt.NDArray[np.int64],
    counts: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    options: argparse.Namespace,
) -> bytes:
    """Return text: chromosome, position (twice for Bismark), percentage, methylated, converted."""
    c, t = counts
    total = c + t
    decimals: int = options.decimals
    scale = 10**decimals
    # Rounded half up, in whole numbers.
    percent = (200 * scale * c + total) // (2 * total)
    line = Line(len(pos), 64 + names.shape[-1])
    line.put_bytes(names)
    for _ in range(1 if options.columns == "five" else 2):
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
    rng: np.random.Generator,
    sites: Universe,
    options: argparse.Namespace,
    sums: Sums,
    seen: npt.NDArray[np.bool_],
) -> Iterator[bytes]:
    """Yield one sample's text in blocks; add to its sums, and mark its sites in `seen`."""
    names = np.array([name.encode() for name in sites.names])
    letters = names.view(np.uint8).reshape(len(names), -1)
    depth = options.coverage * rng.uniform(0.7, 1.4)
    for start in range(0, len(sites.pos), ROWS_PER_BLOCK):
        pos = sites.pos[start : start + ROWS_PER_BLOCK]
        covered = np.flatnonzero(rng.random(len(pos)) < options.covered) + start
        reads = coverage(rng, len(covered), depth)
        c = rng.binomial(reads, sites.level[covered])
        t = reads - c
        sums.n_rows += len(covered)
        sums.sum_c += int(c.sum())
        sums.sum_t += int(t.sum())
        sums.max_count = max(sums.max_count, int(c.max(initial=0)), int(t.max(initial=0)))
        seen[covered] = True
        yield format_rows(letters[sites.chrom[covered]], sites.pos[covered], (c, t), options)


def bgzip_blocks(text: bytes) -> bytes:
    """Return text as blocks of a bgzip file: gzip members that say how long they are.

    The field BC is described in section 4.1 of the SAM specification.
    """
    out = bytearray()
    for start in range(0, len(text), BGZIP_BLOCK):
        part = text[start : start + BGZIP_BLOCK]
        packer = isal_zlib.compressobj(level=1, wbits=-15)
        data = packer.compress(part) + packer.flush()
        out += bytes.fromhex("1f8b08040000000000ff0600424302") + b"\0"
        out += struct.pack("<H", len(data) + 25) + data
        out += struct.pack("<II", zlib.crc32(part), len(part))
    return bytes(out)


def bgzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a bgzip file in pieces; only the last block before the end is not full."""
    rest = b""
    for text in blocks:
        rest += text
        whole = len(rest) - len(rest) % BGZIP_BLOCK
        yield bgzip_blocks(rest[:whole])
        rest = rest[whole:]
    yield bgzip_blocks(rest) + BGZIP_END


def write_sample(path: Path, blocks: Iterable[bytes], form: str) -> None:
    """Write a sample's file: `plain`, `gzip` or `bgzip`."""
    with path.open("wb") as raw:
        if form == "gzip":
            with igzip.IGzipFile("", "wb", 1, raw, mtime=0) as file:  # type: ignore[no-untyped-call]
                for block in blocks:
                    file.write(block)  # type: ignore[no-untyped-call]
        else:
            for piece in bgzip(blocks) if form == "bgzip" else blocks:
                raw.write(piece)


def counted(blocks: Iterable[bytes], sums: Sums) -> Iterator[bytes]:
    """Pass blocks of text on and count their bytes."""
    for block in blocks:
        sums.text_bytes += len(block)
        yield block


class Writer:
    """Writes one sample a call; can be sent to another process."""

    def __init__(self, sites: Universe, options: argparse.Namespace) -> None:
        self.sites = sites
        self.options = options

    def __call__(self, task: tuple[int, str, Path]) -> tuple[Sums, npt.NDArray[np.uint8]]:
        """Return the sums of a sample, and its sites as bits in the order of the universe."""
        number, name, path = task
        # A source of chance of its own: a sample does not depend on how many there are.
        rng = np.random.default_rng([self.options.seed, 2, number])
        sums = Sums(name)
        seen = np.zeros(len(self.sites.pos), np.bool_)
        text = sample_text(rng, self.sites, self.options, sums, seen)
        write_sample(path, counted(text, sums), self.options.format)
        sums.file_bytes = path.stat().st_size
        return sums, np.packbits(seen)


_writer: list[Writer] = []


def _receive(writer: Writer) -> None:
    _writer[:] = [writer]


def _write(task: tuple[int, str, Path]) -> tuple[Sums, npt.NDArray[np.uint8]]:
    return _writer[0](task)


def write_all(
    writer: Writer, tasks: list[tuple[int, str, Path]], workers: int
) -> tuple[list[Sums], int]:
    """Write all samples; return their sums, and the number of sites that any of them has."""
    any_sample = np.zeros((len(writer.sites.pos) + 7) // 8, np.uint8)
    found = []
    # The sites go to each process once, not with every task.
    _receive(writer)
    pool = multiprocessing.Pool(workers, _receive, (writer,)) if workers > 1 else None
    try:
        for sums, bits in pool.imap(_write, tasks) if pool else map(_write, tasks):
            found.append(sums)
            any_sample |= bits
    finally:
        if pool:
            pool.terminate()
    return found, int(np.bitwise_count(any_sample).sum(dtype=np.int64))


def truth(found: list[Sums], n_sites: int) -> dict[str, Any]:
    """Return what a store of the cohort has to hold."""
    names = ("n_rows", "sum_c", "sum_t", "text_bytes", "file_bytes")
    total = {name: sum(getattr(sums, name) for sums in found) for name in names}
    most = max(sums.max_count for sums in found)
    samples = {
        sums.sample: {"n_rows": sums.n_rows, "sum_c": sums.sum_c, "sum_t": sums.sum_t}
        for sums in found
    }
    return {"n_sites": n_sites, "max_count": most, **total, "samples": samples}


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
    add("--genome", choices=["human", "plant", "contigs"], default="human", help="(human)")
    add("--contigs", type=int, default=100_000, help="with --genome contigs (100,000)")
    add("--covered", type=float, default=0.8, help="share of the sites that a sample covers (0.8)")
    add("--coverage", type=float, default=12.0, help="mean reads at a covered site (12)")
    add("--decimals", type=int, default=6, choices=range(7), help="of the percentage (6)")
    add("--columns", choices=["five", "bismark"], default="five", help="of the text (five)")
    add("--format", choices=list(SUFFIXES), default="gzip", help="of the files (gzip)")
    add("--seed", type=int, default=1, help="source of chance (1)")
    add("--workers", type=int, default=1, help="processes (1)")
    add("--sheet", type=Path, metavar="FILE", help="write the sheet of samples there")
    add("--truth", type=Path, metavar="FILE", help="write sums of the counts there, as JSON")
    add("--cohort", default="example", help="the cohort in the sheet (example)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Write the files, and the sheet and the sums where they are asked for."""
    options = parse_arguments(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([options.seed, 0])
    sites = universe(rng, options.sites, options.genome, options.contigs)
    people = samples(np.random.default_rng([options.seed, 1]), options.samples)
    paths = [options.output / f"{one.name}{SUFFIXES[options.format]}" for one in people]
    tasks = [
        (number, one.name, path)
        for number, (one, path) in enumerate(zip(people, paths, strict=True))
    ]
    found, n_sites = write_all(Writer(sites, options), tasks, options.workers)
    if options.sheet is not None:
        options.sheet.parent.mkdir(parents=True, exist_ok=True)
        options.sheet.write_text(sheet_text(people, paths, options.cohort), encoding="utf-8")
    sums = truth(found, n_sites)
    if options.truth is not None:
        options.truth.write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
    print(f"{options.output}: {len(paths)} samples, {sums['text_bytes'] / 1e6:,.1f} MB of text")


if __name__ == "__main__":
    main()
