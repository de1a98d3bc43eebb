"""What a job asks for: memory and time, from the sizes of its inputs.

A plain file, which Snakemake fetches for `common.smk`. After a failure a job asks for twice as
much, where the profile has it tried again.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from snakemake.io import get_flag_value, is_flagged

UNITS: Final = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip

HEADROOM_MB: Final = 500
HEADROOM_SHARE: Final = 0.05
"""What a job may take beside the memory that its command plans with: compiling the kernels where
they are not in the cache yet, and Snakemake itself, which runs the command. A cluster kills a job
that has more than it asked for."""

PARENT_MB: Final = 300
WORKER_MB: Final = 100
"""The processes themselves, without any row."""

GZIP_FACTOR: Final = 2.5
PLAIN_FACTOR: Final = 0.6
"""Rows in memory, for each byte of text: a row of text has about 25 bytes, or 5 as gzip."""

SITE_BYTES: Final = 4
DIGEST_SITES: Final = 65536
INDEX_BYTES: Final = 32
"""Bytes of a site where its position alone is known; sites of a digest block; and what is kept in
memory of each chunk and of each digest."""

LEAST_MINUTES: Final = 10
MB_A_MINUTE: Final = 300
"""Minutes of a job that has nothing to read, and how many megabytes it reads in another one. It is
ten times quicker on a good disk."""


class Needs:
    """What the jobs of one use of the workflow ask for.

    Parameters
    ----------
    config : the configuration, with the default of each key that is not given
    n_samples : how many samples a cohort has
    """

    def __init__(self, config: Mapping[str, Any], n_samples: Callable[[str], int]) -> None:
        self.config = config
        self.n_samples = n_samples
        self.configured_mb = megabytes(config["memory"])

    def build_mem(self, wildcards: Any, attempt: int) -> int:
        """Return what a job asks for that does all: the memory of the configuration."""
        return with_headroom(self.configured_mb, attempt)

    def load_mem(self, wildcards: Any, input: Any, threads: int, attempt: int) -> int:
        """Return what a job asks for that reads text."""
        packed = any(path.endswith((".gz", ".bgz")) for path in input)
        factor = GZIP_FACTOR if packed else PLAIN_FACTOR
        return self.rows_mem(factor * size_mb(input), threads, attempt)

    def sites_mem(self, wildcards: Any, input: Any, threads: int, attempt: int) -> int:
        """Return what a job asks for that finds the sites."""
        return self.rows_mem(size_mb(input), threads, attempt)

    def pack_mem(self, wildcards: Any, input: Any, threads: int, attempt: int) -> int:
        """Return what a job asks for that packs one of several ranges."""
        n_ranges = int(wildcards.part.split("-of-")[1])
        return self.rows_mem(size_mb(input) / n_ranges, threads, attempt)

    def assemble_mem(self, wildcards: Any, input: Any, threads: int, attempt: int) -> int:
        """Return what a job asks for that copies chunks.

        It holds the sites, and where each chunk and digest block went.
        """
        sites_mb = size_mb([input.sites])
        values = sites_mb / SITE_BYTES * self.n_samples(wildcards.cohort)
        places = 1 / math.prod(self.config["chunks"]) + 1 / DIGEST_SITES
        index = values * len(self.config["layers"]) * places * INDEX_BYTES
        return self.rows_mem(sites_mb + index, threads, attempt)

    def rows_mem(self, rows_mb: float, threads: int, attempt: int) -> int:
        """Return what a job asks for that holds so many megabytes of rows.

        With less memory than its rows need, a command puts the rest to scratch: so the memory of
        the configuration is the most that a job plans with at first.
        """
        needed = PARENT_MB + WORKER_MB * threads + int(rows_mb)
        return with_headroom(min(self.configured_mb, needed), attempt)


def megabytes(size: str) -> int:
    """Return a size of the configuration in megabytes."""
    match = re.fullmatch(r"\s*([0-9.]+)\s*(\w+)\s*", size)
    if match is None or match[2] not in UNITS:
        message = f"methcohort: error: found memory: {size}; expected a size such as 4GB"
        raise SystemExit(message)
    return max(1, int(float(match[1]) * UNITS[match[2]] / 10**6))


def with_headroom(memory: int, attempt: int) -> int:
    """Return what a job asks for whose command plans with some memory, in megabytes."""
    memory *= 2 ** (attempt - 1)
    return int(memory * (1 + HEADROOM_SHARE)) + HEADROOM_MB


def planned(wildcards: Any, resources: Any) -> Any:
    """Return the memory that the command of a job plans with.

    While the inputs are not made, Snakemake does not know what the job asks for.
    """
    if not isinstance(resources.mem_mb, int):
        return resources.mem_mb
    memory = (resources.mem_mb - HEADROOM_MB) / (1 + HEADROOM_SHARE)
    return f"{max(1, int(memory))}MB"  # the command says it where that is too little


def runtime(wildcards: Any, input: Any, attempt: int) -> int:
    """Return how many minutes a job asks for."""
    minutes = int(LEAST_MINUTES + size_mb(input) / MB_A_MINUTE)
    return minutes << (attempt - 1)


def size_mb(files: Iterable[Any]) -> float:
    """Return the size of files in megabytes, of remote ones too."""
    # `input.size_mb` warns of itself where a file is still to be made.
    return sum(map(size_of, files)) / 10**6


def size_of(file: Any) -> int:
    """Return the size of a file or of the object of a URL, in bytes."""
    if is_flagged(file, "storage_object"):
        size: int = get_flag_value(file, "storage_object").size()
        return size
    return int(Path(file).stat().st_size)
