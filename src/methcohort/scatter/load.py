"""The first step of a scattered build: the text files of some samples to a batch."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..base_check import Probe, probe_rows, take_probes
from ..build import check_settings, file_sizes, likely_bases, load_kernels, resources_of
from ..cohort import (
    Cohort,
    Config,
    LoadedCohort,
    catalog_of,
    join_samples,
    load_checked,
    read_cohort,
    read_config,
    reading_of,
    strands_told,
)
from ..core.errors import shortages_told
from ..core.progress import log
from ..core.signals import signals_held
from ..engine import Extent, Memory, Pool, session
from ..genome import Aliases, Reference, load_aliases, load_reference_kernels
from ..matrix import Sites, counted_sites, raw_kinds, read_reference, task_bytes, union_of_sites
from ..store.cytosine import KIND_DTYPE
from ..store.schema import POS_DTYPE, count_dtype
from .batch import FileFacts, add_facts, add_probes, digest_of, listed_samples
from .part import Part
from .part_file import BundleWriter, new_target
from .part_rows import write_rows


@shortages_told()
def load_batch(
    samples: str | Path | None,
    output: str | Path,
    batch: str,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
    fetched: str | Path | None = None,
) -> None:
    """Read the text files of a batch of samples, check them, and write their rows to a file.

    Parameters
    ----------
    batch : which of how many batches, as in "2/8"; the samples of the cohort are cut in the order
        of the sheet into batches of about as many samples each
    output : the file to write; an earlier one is replaced at the very end

    The others are those of `build`.

    Raises
    ------
    InputError, ConfigError, StoreError, BudgetError, WorkerError
        As `build` does. A file that can be of two formats has to be settled by its own batch.
    """
    settings = read_config(config)
    whole = read_cohort(samples or settings.samples, cohort, fetched, settings.custom)
    part = Part.parse(batch, "--batch")
    group = whole.batch(*part)
    check_settings(settings, len(whole.samples))
    file_sizes(group)
    aliases = load_aliases(settings.aliases)
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(new_target(Path(output), "batch"))
        load_kernels(len(whole.sources))
        if settings.reference:
            load_reference_kernels()
        resources = resources_of(settings, workers, memory, scratch).beside(target.path)
        budget = resources.divide(task_bytes(settings)[0])
        pool, account = stack.enter_context(session(resources, budget))
        with signals_held():
            writer = stack.enter_context(BundleWriter(target, "batch"))
        n_rows = _write(pool, account, whole, group, part, settings, aliases, writer)
    log.info(
        "wrote %s: batch %s, %s samples, %s rows",
        target.path, part, f"{len(group.samples):,}", f"{n_rows:,}",
    )  # fmt: skip


def _write(
    pool: Pool,
    memory: Memory,
    whole: Cohort,
    group: Cohort,
    part: Part,
    settings: Config,
    aliases: Aliases,
    writer: BundleWriter,
) -> int:
    """Load the files of a batch and write all of it; return how many rows it has."""
    genome = read_reference(pool, settings, aliases, likely_bases(settings))
    files, chroms, _ = load_checked(pool, memory, group, settings, aliases, None, genome)
    facts = [FileFacts.of(file, reading_of(file, memory), strands_told(file)) for file in files]
    probes: list[Probe] = []
    if settings.base_check != "off":
        catalog = catalog_of(memory, [file.rows for file in files], chroms)
        probes = take_probes(pool, memory, catalog, chroms, probe_rows(len(whole.sources)))
    loaded = join_samples(pool, memory, group, settings, files, chroms)
    write_rows(pool, memory, loaded.catalog, writer)
    _write_list(pool, memory, loaded, settings, writer)
    add_probes(writer, probes)
    told = {
        "cohort": group.name,
        "config": settings.content(),
        "samples": listed_samples(group),
        "inputs": [asdict(one) for one in loaded.inputs],
        "shared": shared_digests(genome, aliases),
        "largest": loaded.largest,
    }
    listed = {"key": digest_of(told), "batch": list(part), "chroms": list(loaded.chroms)}
    writer.finish(told | listed | add_facts(writer, facts))
    return int(loaded.n_rows.sum())


def shared_digests(genome: Reference | None, aliases: Aliases) -> dict[str, str]:
    """Return the SHA-256 of the files that all batches are read with."""
    return {"reference": genome.sha256 if genome else "", "aliases": aliases.sha256}


def _write_list(
    pool: Pool, memory: Memory, loaded: LoadedCohort, settings: Config, writer: BundleWriter
) -> None:
    """Write the sites of a batch, and what its rows tell of each.

    They are the positions of any of its samples; where the store has those of at least so many
    samples, with the number of those that have each; where it has those of all samples, only the
    positions of all.
    """
    shared = loaded.catalog.share(memory)
    counts: Extent | None = None
    if settings.sites == "union" and settings.min_samples > 1:
        sites, counts = counted_sites(pool, memory, loaded.catalog, shared)
    else:
        wanted = len(loaded.n_rows) if settings.sites == "intersection" else 1
        sites = union_of_sites(pool, memory, loaded.catalog, shared, wanted)
    memory.release(shared.extent)
    kinds = raw_kinds(pool, memory, loaded.catalog, sites)
    writer.add("list/offset", sites.offset)
    _add(memory, writer, "list/pos", sites, sites.extent, POS_DTYPE)
    if kinds is not None:
        _add(memory, writer, "list/kinds", sites, kinds, KIND_DTYPE)
    if counts is not None:
        samples = memory.arenas.map(counts).view(np.uint32)[: sites.n]
        most = settings.min_samples
        writer.add("list/samples", np.minimum(samples, most).astype(count_dtype(most)))


def _add(
    memory: Memory,
    writer: BundleWriter,
    name: str,
    sites: Sites,
    extent: Extent,
    dtype: "np.dtype[Any]",
) -> None:
    writer.add(name, memory.arenas.map(extent).view(dtype)[: sites.n])
