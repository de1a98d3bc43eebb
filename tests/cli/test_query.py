"""The command `query` on a small store with known values."""

import gzip
import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_stores import simulated
from processes import command_line

MADE = simulated(9)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return MADE.write(tmp_path / "x.h5")


def table(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def expected(keep: Any, rows: list[int], layers: list[str]) -> list[list[str]]:
    """The cells of the sites that are kept."""
    n = MADE.c.astype(int) + MADE.t
    with np.errstate(invalid="ignore"):
        values = {
            "c": MADE.c, "t": MADE.t, "coverage": n, "pct": MADE.pct,
            "beta": (MADE.c / n).astype("f4"),
        }  # fmt: skip
    legends = {"strand": ("unknown", "+", "-", "both"), "context": ("unknown", "CpG", "CHG", "CHH")}
    found = []
    for k in np.flatnonzero(keep):
        kinds = [(*legends[name], "mixed")[MADE.kinds[name][k]] for name in legends]
        cells = [values[layer][row, k].item() for row in rows for layer in layers]
        shown = [
            str(x) if isinstance(x, int) else "NA" if np.isnan(x) else f"{x:.7g}" for x in cells
        ]
        found.append([MADE.chroms[MADE.chrom[k]], str(MADE.pos[k]), *kinds, *shown])
    return found


def inside(number: int, start: int, end: int) -> Any:
    return (MADE.chrom == number) & (MADE.pos >= start) & (MADE.pos <= end)


def test_regions_samples_and_layers(run: Run, store: Path, tmp_path: Path) -> None:
    """By position, option and file: sites come in the order of the store, each once."""
    (tmp_path / "x.bed").write_text("chr1\t299\t320\n")
    (tmp_path / "names").write_text("s0\n\ns2\n")
    done = run(
        "query", store, "chr10", "chr1:1-99", "-r", "HLA:1,2:0.1k-,chr1:50-60",
        "-R", tmp_path / "x.bed", "-s", "s3", "-S", tmp_path / "names",
        "--layer", "pct,coverage", "--layer", "beta",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    keep = inside(0, 1, 99) | inside(0, 300, 320) | inside(1, 100, 999) | (MADE.chrom == 2)
    header, *rows = table(done.stdout)
    layers = ["pct", "coverage", "beta"]
    assert header[4:] == [f"{name}.{layer}" for name in ("s3", "s0", "s2") for layer in layers]
    assert rows == expected(keep, [3, 0, 2], layers)


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (["-s", "^s1,s4"], [0, 2, 3]),
        (["-s", "s4,s1"], [4, 1]),
        (["--where", "group == 'case' and age == 50"], [0]),
        (["-s", "s4,s2,s0", "--where", "age > 8"], [4, 0]),
    ],
)
def test_samples(run: Run, store: Path, options: list[str], rows: list[int]) -> None:
    done = run("query", store, "chr10", "--layer", "c", *options)
    assert table(done.stdout)[1:] == expected(MADE.chrom == 2, rows, ["c"])


def test_sites(run: Run, store: Path, tmp_path: Path) -> None:
    (tmp_path / "x.bed.gz").write_bytes(gzip.compress(b"chr1\t0\t200\n"))
    done = run(
        "query", store, "--chrom", "chr*", "--exclude-chrom", "*10", "--context", "CpG,CHG",
        "--strand", "+", "--strand", "-", "--blacklist", tmp_path / "x.bed.gz",
    )  # fmt: skip
    keep = inside(0, 201, 999) & np.isin(MADE.kinds["context"], (1, 2))
    keep &= np.isin(MADE.kinds["strand"], (1, 2))
    assert table(done.stdout)[1:] == expected(keep, [0, 1, 2, 3, 4], ["c", "t", "pct"])


def test_json(run: Run, store: Path) -> None:
    header, *rows = table(run("query", store, "chr1").stdout)
    found = json.loads(run("query", store, "chr1", "--json").stdout)
    assert [list(row) for row in found] == [header] * len(rows)
    shown = [
        ["NA" if x is None else x if isinstance(x, str) else f"{x:.7g}" for x in row.values()]
        for row in found
    ]
    plain = [[f"{float(x):.7g}" if x[0].isdigit() else x for x in row] for row in rows]
    assert shown == plain
    assert json.loads(run("query", store, "chr1:399-400", "--json").stdout) == []


def test_means(run: Run, store: Path, tmp_path: Path) -> None:
    (tmp_path / "x.bed").write_text("chr10\t0\t500\tall\nchr1\t499\t600\toff\n")
    done = run("query", store, "chr1:1-99", "-R", tmp_path / "x.bed", "--mean", "-s", "s2")
    c, n = (
        [int(x[2][keep].sum(dtype=int)) for keep in (inside(0, 1, 99), MADE.chrom == 2)]
        for x in (MADE.c, MADE.c.astype(int) + MADE.t)
    )
    sites = [int(inside(0, 1, 99).sum()), 7]
    assert table(done.stdout) == [
        ["chrom", "start", "end", "name", "n_sites", "s2.pct"],
        ["chr1", "1", "99", "chr1:1-99", str(sites[0]), f"{c[0] / n[0] * 100:.7g}"],
        ["chr10", "1", "500", "all", str(sites[1]), f"{c[1] / n[1] * 100:.7g}"],
        ["chr1", "500", "600", "off", "0", "NA"],
    ]


def test_output(run: Run, store: Path, tmp_path: Path) -> None:
    """It is what would be printed; only an earlier table is replaced."""
    out = tmp_path / "found.tsv"
    for region in ("chr1", "chr10"):
        assert run("query", store, region, "-o", out).stdout == ""
        assert out.read_text() == run("query", store, region).stdout
    before = store.read_bytes()
    for other, what in ((store, "not a table"), (tmp_path / "no" / "x", "does not exist")):
        done = run("query", store, "chr1", "-o", other)
        assert (done.returncode, done.stdout) == (1, "")
        assert what in done.stderr
    assert store.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == [
        "found.tsv", "x.h5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ([], 2, "Missing a REGION, --region, --regions-file or --chrom"),
        (["-s", "s1"], 2, "Missing a REGION"),
        (["chr1", "--mean", "--layer", "c"], 2, "--layer can be pct or beta"),
        (["chr1", "--layer", "x"], 2, "found 'x'; expected some of c, t, coverage, pct, beta"),
        (["chr1", "--layer", "c,c"], 2, "each once"),
        (["chr1:5-3"], 1, "above its end 3"),
        (["chr1,chrM"], 1, "no chromosome 'chrM'"),
        (["chr1", "-s", "s1,s2,s1"], 1, "found the sample 's1' twice"),
        (["chr1", "-s", "s1", "-s", "^s2"], 1, "to take (s1) and to leave out (^s2)"),
        (["chr1", "-s", "^x1"], 1, "found no sample 'x1'"),
        (["chr1", "-S", "nosuch"], 1, "nosuch"),
        (["chr1", "--where", "group = 'case'"], 1, "write == to compare"),
        (["-R", "nosuch.bed"], 1, "nosuch.bed"),
        (["-R", "nosuch.txt"], 1, "ends in .bed or .bed.gz"),
        (["--exclude-regions", "nosuch.vcf", "chr1"], 1, "ends in .bed or .bed.gz"),
        (["--chrom", "chrM"], 1, "found no chromosome chrM"),
        (["chr1", "--context", "CGX"], 1, "found the context 'CGX'"),
    ],
)
def test_errors(run: Run, store: Path, arguments: list[str], status: int, says: str) -> None:
    done = run("query", store, *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_head_ends_it_quietly(tmp_path: Path) -> None:
    """With status 0 or 141, as a program that is ended by SIGPIPE."""
    path = simulated(1, sizes=(390, 300, 300), n_samples=5).write(tmp_path / "x.h5")
    command = shlex.join(command_line("query", path, "--chrom", "*"))
    script = f"{command} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] in ("0", "141")
    assert done.stderr == ""
