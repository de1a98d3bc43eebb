"""Stores and exported files in R: run by `make test-r`, where R and its packages are."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cohorts import make_cohort
from places import ROOT, SHARED

import methcohort

HERE = Path(__file__).parent
FUNCTIONS = ROOT / "r" / "methcohort.R"
START = f"""
suppressMessages({{library(bsseq); library(HDF5Array)}})
source("{FUNCTIONS}")
"""
LARGEST = {"uint8": 255, "uint32": 70_000, "doubles": 2**31 - 1}


def r(code: str, folder: Path, *, status: int = 0) -> str:
    """Run R code; return what it says."""
    (folder / "run.R").write_text(START + code)
    bins = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["Rscript", "run.R"], cwd=folder, capture_output=True, text=True, timeout=300,
        env=os.environ | {"PATH": bins},
    )  # fmt: skip
    assert (done.returncode != 0) == status, done.stdout + done.stderr
    return done.stdout if not status else done.stderr


def numbers(text: str) -> list[float]:
    """Return the numbers that `dput`-like output has, one a line."""
    return [float(word) for word in text.split()]


def made(folder: Path, kind: str) -> Path:
    """Return a store with counts up to what a kind has, some of them at its end."""
    rng = np.random.default_rng(len(kind))
    top = LARGEST[kind]
    rows: list[list[Any]] = [[] for _ in range(4)]
    for chrom in ("chr1", "chr2"):
        for pos in np.unique(rng.integers(1, 5_000, 300)).tolist():
            strand = "+" if pos % 2 else "-"
            for own in rows:
                if rng.random() < 0.8:
                    c, t = (int(n) for n in rng.choice([0, 1, 5, top // 2, top], 2))
                    own.append((chrom, pos, strand, "CGA", c, c + t, 1))
    extra = {"group": ["a", "b", "a", "b"], "age": ["42", "", "7", "60"], "id": ["007"] * 4}
    return make_cohort(folder / kind, rows, extra=extra, form="allc").build()


@pytest.fixture(scope="module", params=[*LARGEST, "example", "cells"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores of each width of counts: made ones, the example cohort, real cells where present."""
    folder = tmp_path_factory.mktemp("r")
    if request.param in LARGEST:
        return made(folder, request.param)
    if request.param == "example":
        found: Path = request.getfixturevalue("demo")
        return found / "results" / "example.h5"
    cells = sorted((SHARED / "plain5").glob("*.txt*"))[:6]
    if not cells:
        pytest.skip("there are no real cells here")
    sheet = folder / "cells.tsv"
    rows = [f"cell{k}\t{path}\tone" for k, path in enumerate(cells)]
    sheet.write_text("\n".join(["sample\tpath\tcohort", *rows]) + "\n")
    methcohort.build(sheet, folder / "cells.h5", workers=2)
    return folder / "cells.h5"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an example cohort with its store, as `make demo` makes it."""
    folder = tmp_path_factory.mktemp("demo")
    generate = ROOT / "benchmarks" / "generate.py"
    command = [sys.executable, generate, "--output", "data", "--sheet", "samples.tsv"]
    subprocess.run(
        [*command, "--samples", "8", "--sites", "200000", "--seed", "1"], cwd=folder, check=True
    )
    (folder / "results").mkdir()
    here = Path.cwd()
    try:
        os.chdir(folder)
        methcohort.build("samples.tsv", "results/example.h5", workers=2)
    finally:
        os.chdir(here)
    return folder


def test_the_values(store: Path, tmp_path: Path) -> None:
    """Sums of samples, and all values of a chromosome, whatever the width of the counts."""
    said = r(
        f"""
        bs <- open_cohort("{store}")
        stopifnot(is(bs, "BSseq"), validObject(bs))
        cat(format(colSums(getCoverage(bs, type = "M")), digits = 15), "\\n")
        cat(format(colSums(getCoverage(bs)), digits = 15), "\\n")
        one <- chrSelectBSseq(bs, as.character(seqnames(bs))[1])
        cat(nrow(one), "\\n")
        cat(format(as.vector(as.matrix(getCoverage(one))[1:200, 1]), digits = 15), "\\n")
        cat(as.character(strand(one))[1:200], "\\n")
        """,
        tmp_path,
    ).splitlines()
    with methcohort.open_store(store) as opened:
        every = opened.select()
        first = opened.select(opened.chroms[0])
        c, coverage = every.c.sum(axis=1, dtype=np.int64), every.coverage.sum(axis=1)
        assert numbers(said[0]) == c.tolist()
        assert numbers(said[1]) == coverage.tolist()
        assert numbers(said[2]) == [first.n_sites]
        assert numbers(said[3]) == first.coverage[0, :200].tolist()
        signs = ("*", "+", "-", "*")
        assert said[4].split() == [signs[k] for k in first.strand[:200]]


def test_the_sheet_has_types(tmp_path: Path) -> None:
    said = r(
        f"""
        d <- pData(open_cohort("{made(tmp_path, "uint8")}"))
        cat(class(d$group), class(d$age), class(d$id), sum(is.na(d$age)), sum(d$age, na.rm = TRUE))
        """,
        tmp_path,
    )
    assert said.split() == ["character", "integer", "character", "1", "109"]


def test_what_is_refused(tmp_path: Path) -> None:
    """A count that R would cut, and files that are no stores: one sentence each."""
    large = make_cohort(
        tmp_path / "in", [[("chr1", 1, "50", 3_000_000_000, 3_000_000_000)]], form="five_column"
    )
    (tmp_path / "text.h5").write_text("no store")
    for path, said in (
        (large.build(), "has a count of 3,000,000,000 in sample s1"),
        (tmp_path / "none.h5", "does not exist"),
        (tmp_path / "text.h5", "is not an HDF5 file"),
        (tmp_path, "is a folder"),
    ):
        assert said in r(f'open_cohort("{path}")', tmp_path, status=1)


def test_tracks_and_tables(tmp_path: Path) -> None:
    """rtracklayer, bsseq and DSS read what is exported."""
    store = made(tmp_path, "uint32")
    sizes = tmp_path / "sizes"
    sizes.write_text("chr1\t5000\nchr2\t5000\n")
    methcohort.export(store, tmp_path / "s1.bw", samples="s1", chrom_sizes=sizes, workers=0)
    methcohort.export(store, tmp_path / "s1.cov.gz", samples="s1", workers=0)
    methcohort.export(store, tmp_path / "s1.dss.txt", samples="s1", format="dss", workers=0)
    said = r(
        """
        track <- rtracklayer::import("s1.bw")
        bismark <- read.bismark("s1.cov.gz", verbose = FALSE)
        dss <- DSS::makeBSseqData(list(read.table("s1.dss.txt", header = TRUE)), "s1")
        cat(length(track), format(sum(track$score), digits = 12), "\\n")
        for (bs in list(bismark, dss))
          cat(nrow(bs), sum(as.matrix(getCoverage(bs, type = "M"))),
              sum(as.matrix(getCoverage(bs))), "\\n")
        """,
        tmp_path,
    ).splitlines()
    with methcohort.open_store(store) as opened:
        own = opened.select(samples="s1", min_coverage=1)
        seen = own.coverage[0] > 0
        total = [int(seen.sum()), int(own.c.sum(dtype=np.int64)), int(own.coverage.sum())]
        assert numbers(said[0]) == pytest.approx(
            [total[0], float(own.pct[0][seen].sum(dtype=float))], rel=1e-5
        )
    assert [numbers(line) for line in said[1:]] == [total, total]


def blocks(page: Path) -> list[str]:
    """Return the R code of a page."""
    return re.findall(r"^```r\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "docs/r.md"])
def test_the_code_of_a_page_runs_as_it_stands(page: str, demo: Path, tmp_path: Path) -> None:
    """And prints what the page says that it prints."""
    (tmp_path / "results").symlink_to(demo / "results")
    code = blocks(ROOT / page)
    assert code
    paths = []
    for k, text in enumerate(code):
        paths.append(f"block{k}.R")
        (tmp_path / paths[-1]).write_text(text)
    bins = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["Rscript", HERE / "blocks.R", *paths], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | {"PATH": bins}, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = [(tmp_path / path).read_text() for path in paths]
    if os.environ.get("METHCOHORT_WRITE_R"):
        text = (ROOT / page).read_text()
        for before, after in zip(code, found, strict=True):
            text = text.replace(f"```r\n{before}```", f"```r\n{after}```")
        (ROOT / page).write_text(text)
        return
    if any("#>" in text for text in code):
        assert json.dumps(found) == json.dumps(code)
