"""Where things lie that tests use."""

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parents[1]
ROOT: Final = TESTS.parent
DATA: Final = TESTS / "data"
SHARED: Final = ROOT.parent / "shared" / "data"
"""Real data, which the repository does not have; tests that need them skip without."""
