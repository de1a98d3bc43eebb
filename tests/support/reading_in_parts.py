"""Reading all files in parts, however small."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from methcohort.cohort import jobs, load, spans
from methcohort.files import cut
from methcohort.files import text as _text


@contextmanager
def in_parts(n: int, block_bytes: int = 1 << 18) -> Iterator[list[Any]]:
    """Cut every file into up to `n` parts, and read blocks of this size; note what joins gave."""
    joined: list[Any] = []

    def plan(tasks: Sequence[load.LoadTask], _n_workers: int) -> list[list[load.LoadTask]]:
        return [[replace(task, span=span) for span in cut(task.path, n)] for task in tasks]

    def join(*arguments: Any) -> Any:
        joined.append(spans.join(*arguments))
        return joined[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "plan_spans", plan)
        patch.setattr(jobs, "join", join)
        patch.setattr(_text, "BLOCK_BYTES", block_bytes)
        yield joined
