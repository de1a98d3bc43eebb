"""The script that measures shapes of chunks."""

import runpy
from pathlib import Path

import cohorts
import h5py
import pytest
from places import ROOT


def test_one_row_a_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A store of each shape, and a row of figures that are all there."""
    samples, _ = cohorts.simulate(2, 5, {"chr1": 900, "chr2": 300})
    sheet = cohorts.make_cohort(tmp_path / "cohort", samples).sheet
    main = runpy.run_path(str(ROOT / "benchmarks" / "tiles.py"))["main"]
    arguments = ["--sheet", str(sheet), "--output", str(tmp_path), "--shapes", "2x256", "5x512"]
    main([*arguments, "--rounds", "1", "--builds", "1", "--workers", "0"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    for line, shape in zip(lines[2:], [(2, 256), (5, 512)], strict=True):
        path = tmp_path / f"tiles-{shape[0]}x{shape[1]}.h5"
        with h5py.File(path) as file:
            assert file["layers/c"].chunks == shape
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[0] == f"{shape[0]} x {shape[1]}"
        units = [cell.split()[1] for cell in cells[1:]]
        assert units == ["MB", "s", *["ms"] * 3, *["MB/s"] * 2]
        assert all(float(cell.split()[0].replace(",", "")) >= 0 for cell in cells[1:])
