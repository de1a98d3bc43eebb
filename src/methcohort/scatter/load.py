"""The first step of a scattered build: the text files of some samples to a batch."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..base_check import Probe, probe_rows, take_probes
from ..build import check_settings, file_sizes, likely_bases, load_kernels
from ..cohort import (
    Cohort,
    Config,
    FileFacts,
    Frame,
    LoadedCohort,
    Share,
    Wanted,
    catalog_of,
    check_files,
    join_samples,
    load_files,
    read_wanted,
    reading_of,
    resources_of,
)
from ..core.errors import shortages_told
from ..core.log import log
from ..core.signals import signals_held
from ..engine import Memory, Pool, Session, SharedArray, session
from ..genome import Aliases, Reference, load_aliases
from ..matrix import counted_sites, raw_kinds, read_reference, task_bytes, union_of_sites
from ..store.schema import count_dtype
from .batch import add_facts, add_probes, digest_of, listed_samples
from .part_file import PartWriter, new_target
from .part_rows import write_rows


@shortages_told()
def load_batch(
    samples: str | Path | None,
    output: str | Path,
    batch: str | None = None,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
    fetched: str | Path | None = None,
    recipe: str | Path | None = None,
) -> None:
    """Read the text files of a batch of samples, check them, and write their rows to a file.

    Parameters
    ----------
    batch : which of how many batches, as in "2/8"; the samples of the cohort are cut in the order
        of the sheet into batches of about as many samples each; the recipe of a batch says it
    output : the file to write; an earlier one is replaced at the very end

    The others are those of `build`.

    Raises
    ------
    InputError, ConfigError, StoreError, BudgetError, WorkerError
        As `build` does. A file that can be of two formats has to be settled by its own batch.
    """
    wanted = read_wanted(samples, config, cohort, fetched, recipe)
    settings = wanted.config
    share = Share.parse(wanted.batch or batch or "", "--batch")
    group = wanted.cohort if wanted.batch else wanted.cohort.batch(*share)
    check_settings(settings, wanted.n_samples)
    file_sizes(group)
    aliases = load_aliases(settings.aliases)
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(new_target(Path(output), "batch"))
        target.confirm = group.confirm
        load_kernels(wanted.n_files, reference=bool(settings.reference))
        resources = resources_of(settings, workers, memory, scratch).beside(target.path)
        budget = resources.divide(task_bytes(settings)[0])
        machine = stack.enter_context(session(resources, budget))
        with signals_held():
            writer = stack.enter_context(PartWriter(target, "batch"))
        n_rows = _write(machine, wanted, group, share, aliases, writer)
    log.info(
        "wrote %s: batch %s, %s samples, %s rows",
        target.path, share, f"{len(group.samples):,}", f"{n_rows:,}",
    )  # fmt: skip


def _write(
    machine: Session,
    wanted: Wanted,
    group: Cohort,
    share: Share,
    aliases: Aliases,
    writer: PartWriter,
) -> int:
    """Load the files of a batch and write all of it; return how many rows it has."""
    pool, memory = machine
    settings = wanted.config
    genome = read_reference(pool, settings, aliases, likely_bases(settings))
    files = load_files(machine, group, settings, aliases)
    checked = check_files(machine, group, settings, Frame(aliases, None, genome), files)
    files, chroms, _ = checked
    facts = [FileFacts.of(file) for file in files]
    readings = [reading_of(file, memory) for file in files]
    probes: list[Probe] = []
    if settings.base_check != "off":
        catalog = catalog_of(memory, [file.rows for file in files], chroms)
        probes = take_probes(pool, memory, catalog, chroms, probe_rows(wanted.n_files))
    loaded = join_samples(machine, group, settings, checked)
    write_rows(pool, memory, loaded.catalog, writer)
    _write_list(pool, memory, loaded, settings, writer)
    add_probes(writer, probes)
    made_of = {
        "cohort": group.name,
        "config": settings.content(),
        "samples": listed_samples(group),
        "inputs": [asdict(one) for one in loaded.inputs],
        "shared": shared_digests(genome, aliases),
        "largest": loaded.largest,
    }
    listed = {"key": digest_of(made_of), "batch": list(share), "chroms": list(loaded.chroms)}
    writer.finish(made_of | listed | add_facts(writer, facts, readings))
    return int(loaded.n_rows.sum())


def shared_digests(genome: Reference | None, aliases: Aliases) -> dict[str, str]:
    """Return the SHA-256 of the files that all batches are read with."""
    return {"reference": genome.sha256 if genome else "", "aliases": aliases.sha256}


def _write_list(
    pool: Pool, memory: Memory, loaded: LoadedCohort, settings: Config, writer: PartWriter
) -> None:
    """Write the sites of a batch, and what its rows say of each.

    They are the positions of any of its samples; where the store has those of at least so many
    samples, with the number of those that have each; where it has those of all samples, only the
    positions of all.
    """
    shared = loaded.catalog.share(memory)
    counts: SharedArray | None = None
    if settings.sites == "union" and settings.min_samples > 1:
        sites, counts = counted_sites(pool, memory, loaded.catalog, shared)
    else:
        wanted = len(loaded.n_rows) if settings.sites == "intersection" else 1
        sites = union_of_sites(pool, memory, loaded.catalog, shared, wanted)
    memory.release(shared.extent)
    kinds = raw_kinds(pool, memory, loaded.catalog, sites)
    writer.add("list/offset", sites.offset)
    writer.add("list/pos", sites.pos.open(memory.arenas))
    if kinds is not None:
        writer.add("list/kinds", kinds.open(memory.arenas))
    if counts is not None:
        samples = counts.open(memory.arenas)
        most = settings.min_samples
        writer.add("list/samples", np.minimum(samples, most).astype(count_dtype(most)))
