"""The generator of made-up cohorts, which also writes the example that the repository ships."""

import gzip
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from places import ROOT


@pytest.fixture(scope="module")
def generate() -> Callable[[list[str]], None]:
    return runpy.run_path(str(ROOT / "benchmarks" / "generate.py"))["main"]


def test_the_shipped_sheet_is_the_example(
    tmp_path: Path, generate: Callable[[list[str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    generate(["--output", "example", "--sites", "1000", "--sheet", "sheet.tsv"])
    assert Path("sheet.tsv").read_text() == (ROOT / "config" / "samples.tsv").read_text()


def test_rows_are_valid_and_the_same_each_time(
    tmp_path: Path, generate: Callable[[list[str]], None]
) -> None:
    options = ["--samples", "2", "--sites", "20000", "--decimals", "2"]
    for name in ("one", "two"):
        generate([*options, "--output", str(tmp_path / name)])
    generate([*options, "--format", "plain", "--output", str(tmp_path / "plain")])
    packed = (tmp_path / "one" / "s02.txt.gz").read_bytes()
    assert packed == (tmp_path / "two" / "s02.txt.gz").read_bytes()
    text = gzip.decompress(packed)
    assert text == (tmp_path / "plain" / "s02.txt").read_bytes()
    last = ("", 0)
    for line in text.decode().splitlines():
        chrom, pos, pct, c, t = line.split("\t")
        assert int(c) + int(t) > 0
        assert abs(float(pct) - 100 * int(c) / (int(c) + int(t))) <= 0.005001
        assert chrom != last[0] or int(pos) > last[1]
        last = (chrom, int(pos))
