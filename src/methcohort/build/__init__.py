"""One build from start to end: what it needs, and what it takes from an earlier store.

It calls `cohort`, `matrix` and `store` in turn, and `inspect` the first of them. It knows neither
commands nor jobs: a scattered build has its own steps.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
    from .command import Merged, build, merge_cohort, publish, report_made
    from .inspect import inspect
    from .needs import check_settings, file_sizes, likely_bases, shared_files
    from .reuse_plan import (
        REFUSE,
        REPLACE,
        decided_by_others,
        differing_keys,
        expect_choice,
        lacking,
        reads_alike,
    )
    from .reused import Origin, Taken
    from .source_files import MOST_SHOWN, expect_same_files, sha256_of
    from .source_store import SourceStore, cohort_of, expect_unfiltered
    from .warm_up import load_kernels

__all__ = [
    "MOST_SHOWN",
    "REFUSE",
    "REPLACE",
    "Merged",
    "Origin",
    "SourceStore",
    "Taken",
    "build",
    "check_settings",
    "cohort_of",
    "decided_by_others",
    "differing_keys",
    "expect_choice",
    "expect_same_files",
    "expect_unfiltered",
    "file_sizes",
    "inspect",
    "lacking",
    "likely_bases",
    "load_kernels",
    "merge_cohort",
    "publish",
    "reads_alike",
    "report_made",
    "sha256_of",
    "shared_files",
]

__getattr__ = lazy(
    __name__,
    {
        "command": (
            "Merged",
            "build",
            "merge_cohort",
            "publish",
            "report_made",
        ),
        "inspect": ("inspect",),
        "needs": (
            "check_settings",
            "file_sizes",
            "likely_bases",
            "shared_files",
        ),
        "reuse_plan": (
            "REFUSE",
            "REPLACE",
            "decided_by_others",
            "differing_keys",
            "expect_choice",
            "lacking",
            "reads_alike",
        ),
        "reused": (
            "Origin",
            "Taken",
        ),
        "source_files": (
            "MOST_SHOWN",
            "expect_same_files",
            "sha256_of",
        ),
        "source_store": (
            "SourceStore",
            "cohort_of",
            "expect_unfiltered",
        ),
        "warm_up": ("load_kernels",),
    },
)
