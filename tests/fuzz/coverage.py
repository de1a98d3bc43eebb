"""Which steps from line to line a call takes in the code that reads text."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from .traced import PACKAGE

_WATCHED = {
    str(path)
    for path in (
        *(PACKAGE / "readers").glob("*.py"),
        *(PACKAGE / "readers" / "kernels").glob("*.py"),
        *(
            PACKAGE / "files" / f"{name}.py"
            for name in ("text", "raw", "members", "spans", "sniff")
        ),
        *(PACKAGE / "cohort" / f"{name}.py" for name in ("jobs", "load", "spans", "repeats")),
        *(PACKAGE / "rows" / f"{name}.py" for name in ("sink", "sort")),
    )
}
assert all(Path(path).is_file() for path in _WATCHED), "what reads text has moved"


def edges_of(call: Callable[[], Any]) -> tuple[Any, set[tuple[str, int, int, int]]]:
    """What a call returns, and its steps: file, line, next line, and how often in powers of 2."""
    hits: dict[tuple[str, int, int], int] = {}
    last = 0

    def step(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal last
        if event == "line":
            key = frame.f_code.co_filename, last, frame.f_lineno
            hits[key] = hits.get(key, 0) + 1
            last = frame.f_lineno
        return step

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        return step if frame.f_code.co_filename in _WATCHED else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        result = call()
    finally:
        sys.settrace(before)
    return result, {(*key, min(n.bit_length(), 4)) for key, n in hits.items()}
