"""Real cells, which the checks of positions share."""

import gzip

import numpy as np
import pytest
from agreeing import File
from places import SHARED


@pytest.fixture(scope="module")
def cells() -> dict[str, File]:
    """The real single cells."""
    if not SHARED.is_dir():
        pytest.skip("the real files are not here")
    found = {}
    for path in sorted((SHARED / "plain5").glob("cell_*.txt.gz")):
        rows: dict[str, list[int]] = {}
        with gzip.open(path, "rt") as lines:
            for line in lines:
                chrom, pos = line.split()[:2]
                rows.setdefault(chrom, []).append(int(pos))
        found[path.name[:7]] = {name: np.sort(pos) for name, pos in rows.items()}
    return found
