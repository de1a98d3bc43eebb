"""Assembling a store: what a cohort is, and its layers as they were packed, into the writer."""

import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from ..cohort import Cohort, Config, LoadedCohort, SampleRecord, warn_of_lost
from ..core.errors import ConfigError
from ..core.progress import Progress
from ..engine import Memory, Pool
from ..store import (
    Area,
    ChunkShape,
    ContentWriter,
    Grid,
    block_digest,
    encode_strings,
    task_samples,
)
from ..store.cytosine import CONTEXTS, KIND_DTYPE, STRANDS, contexts_of, strands_of
from ..store.schema import (
    BLOCK_SITES,
    DIGEST_BYTES,
    FILTER_COUNTS,
    GONE_BEFORE,
    INPUT_COLUMNS,
    INPUT_DTYPES,
    KIND_NAMES,
    LENGTHS,
    PCT_LAYER,
    PLACED_COUNTS,
    SAMPLE_COUNTS,
    VALUE_COUNTS,
    count_dtype,
)
from .axis import Sites
from .chrom_lengths import Lengths
from .kernels.place import N_PLACED, N_TALLIES, TALLIED, load_placing
from .kernels.stored import load_spreading
from .pack import PackPlan, PackTask, Slot, SurveyTask, open_slot, pack, survey
from .plan import largest_slot, new_grid, slot_bytes
from .stored_claims import expect_tallies
from .stored_samples import StoredSamples

_MOST_PROVENANCE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Content:
    """What a store holds besides its layers.

    Attributes
    ----------
    chroms, offset : names of the chromosomes, and int64[n_chroms + 1], first site of each
    lengths : of the chromosomes, int64[n_chroms]; None where they are not all known
    pos : int32[n_sites]
    kinds : uint8[n_sites], see `cytosine.py`; None where nothing is known of any site
    agree : whether every row is of the kind of its site
    records : what is told of each sample; of those without the `PLACED_COUNTS`, these are counted
    made_of : further members of the provenance, such as path and SHA-256 of the other files that
        the store is made of
    """

    cohort: Cohort
    config: Config
    chroms: tuple[str, ...]
    offset: npt.NDArray[np.int64]
    lengths: Lengths | None
    pos: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.uint8] | None
    agree: bool
    records: Sequence[SampleRecord]
    made_of: Mapping[str, Any]


def task_bytes(config: Config) -> tuple[int, int]:
    """Return the bytes of the largest packing task: its private arrays, and its slot."""
    n_samples = task_samples(config.chunks[0])
    widths = [4] * len(config.layers)
    private = sum(widths) * n_samples * BLOCK_SITES
    return private, slot_bytes(ChunkShape(*config.chunks), widths, n_samples, BLOCK_SITES)


def plan_packing(
    pool: Pool,
    memory: Memory,
    config: Config,
    loaded: LoadedCohort,
    sites: Sites,
    n_samples: int,
    stored: StoredSamples | None = None,
    largest_stored: int = 0,
) -> PackPlan:
    """Return what all packing tasks need, with the count dtype that the stored counts call for.

    Parameters
    ----------
    n_samples : samples of the store; the catalog may have more, of which only the sites count
    stored : samples without rows, whose counts go up to `largest_stored`
    """
    largest = max(loaded.largest, largest_stored)
    plan = PackPlan(
        loaded.catalog.share(memory),
        sites.share(memory),
        new_grid(config, n_samples, sites.n, largest),
        stored,
    )
    if config.all_rows_stay or plan.grid.count_dtype == count_dtype(largest_stored).str:
        return plan
    largest = max(largest_placed(pool, plan), largest_stored)
    return replace(plan, grid=new_grid(config, n_samples, sites.n, largest))


def largest_placed(pool: Pool, plan: PackPlan) -> int:
    """Return the largest count of the rows that have a site."""
    load_placing(count_dtype(0))
    tasks = [(SurveyTask("the counts", plan, area),) for area in plan.grid.areas()]
    return max((value for _, value in pool.run(survey, tasks)), default=0)


def pack_areas(
    pool: Pool, memory: Memory, plan: PackPlan, areas: Sequence[Area], window: int
) -> Iterator[tuple[Area, Slot]]:
    """Yield areas as the workers packed them, in order; what a slot holds lasts until the next.

    Parameters
    ----------
    window : tasks that may be packed and not yet taken
    """
    if plan.catalog is not None:
        load_placing(np.dtype(plan.grid.count_dtype))
    if plan.stored is not None:
        with_pct = PCT_LAYER in plan.grid.layers
        masked = plan.stored.limits is not None  # in the dtype of their store
        stores = plan.stored.stores if masked else ()
        for dtype in {plan.grid.count_dtype, *(store.grid.count_dtype for store in stores)}:
            load_spreading(np.dtype(dtype), with_pct=with_pct)
    size = largest_slot(plan.grid)
    slots = [memory.reserve(size, counted=False) for _ in range(window)]
    tasks = [
        PackTask(f"sites {area.first:,} to {area.end:,}", plan, area, slots[k % len(slots)])
        for k, area in enumerate(areas)
    ]
    n_values = sum(area.n_samples * area.n_sites for area in areas)
    with Progress("write", n_values, "values a layer") as progress:
        results = pool.map(pack, ((task,) for task in tasks), progress.add, window)
        for task, _ in zip(tasks, results, strict=True):
            yield task.area, open_slot(memory.arenas.kept(task.slot), plan.grid, task.area)


def write_store(
    memory: Memory,
    content: Content,
    grid: Grid,
    packed: Iterable[tuple[Area, Slot]],
    writer: ContentWriter,
) -> str:
    """Hand the whole store to a writer, which publishes it; return its digest.

    Parameters
    ----------
    packed : all areas of the grid, in its order
    """
    provenance = provenance_text(content.config, content.made_of)
    _write_axes(memory, content, writer)
    tallies = _write_layers(grid, packed, writer)
    counts = _write_samples(content.records, tallies, writer)
    names = [sample.name for sample in content.cohort.samples]
    warn_of_lost(names, content.records, counts, content.config)
    attributes = {
        "assembly": content.config.assembly,
        "generated-by": f"methcohort {version('methcohort')}",
        "layers": content.config.layers,
        "provenance": provenance,
    }
    if content.kinds is not None:
        # At sites of a BED file a store does not tell whether any row told nothing.
        agree = content.agree and content.config.bed is None
        attributes["rows-agree"] = "yes" if agree else "no"
    return writer.finish(attributes)


def _write_axes(memory: Memory, content: Content, writer: ContentWriter) -> None:
    """Write what names and orders sites and samples."""
    cohort = content.cohort
    writer.write_array("chroms/name", encode_strings(list(content.chroms)))
    writer.write_array("chroms/offset", content.offset)
    if content.lengths is not None:
        writer.write_array(LENGTHS, content.lengths)
    writer.write_array("sites/pos", content.pos)
    writer.write_array("digests/sites", _digests(content.pos))
    if content.kinds is not None:
        _write_kinds(memory, content.kinds, writer)
    writer.write_array("samples/name", encode_strings([s.name for s in cohort.samples]))
    writer.write_array("sheet/columns", encode_strings(list(cohort.columns)))
    cells = [sample.extra[k] for k in range(len(cohort.columns)) for sample in cohort.samples]
    shape = len(cohort.columns), len(cohort.samples)
    writer.write_array("sheet/values", encode_strings(cells).reshape(shape))
    memory.arenas.forget_scratch()


def _write_kinds(memory: Memory, kinds: npt.NDArray[np.uint8], writer: ContentWriter) -> None:
    """Write strand and context of the sites, one after the other in the same memory."""
    room = memory.empty(kinds.size, KIND_DTYPE)
    values = room.open(memory.arenas)
    for name, of, legend in zip(
        KIND_NAMES, (strands_of, contexts_of), (STRANDS, CONTEXTS), strict=True
    ):
        for k in range(0, kinds.size, BLOCK_SITES):  # numpy takes eight bytes a site meanwhile
            of(kinds[k : k + BLOCK_SITES], values[k : k + BLOCK_SITES])
        writer.write_array(f"sites/{name}", values, legend)
        writer.write_array(f"digests/{name}", _digests(values))
    memory.release(room.extent)


def _digests(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return the digest of each block of sites, uint8[n_blocks, 32]."""
    blocks = range(0, len(values), BLOCK_SITES)
    digests = b"".join(block_digest(values[k : k + BLOCK_SITES]) for k in blocks)
    return np.frombuffer(digests, np.uint8).reshape(-1, DIGEST_BYTES)


def _write_layers(
    grid: Grid, packed: Iterable[tuple[Area, Slot]], writer: ContentWriter
) -> npt.NDArray[np.int64]:
    """Write all layers; return the tallies of each sample, int64[n, N_TALLIES]."""
    for layer in grid.layers:
        writer.create_layer(layer, grid.array(layer))
    shape = len(grid.layers), grid.n_samples, grid.n_blocks, DIGEST_BYTES
    digests = np.zeros(shape, np.uint8)
    tallies = np.zeros((grid.n_samples, N_TALLIES), np.int64)
    for area, slot in packed:
        _write_slot(writer, grid, area, slot)
        digests[:, area.start : area.stop, area.first // BLOCK_SITES] = slot.digests
        _join_tallies(tallies[area.start : area.stop], slot.tallies)
    for layer, table in zip(grid.layers, digests, strict=True):
        writer.write_array(f"digests/{layer}", table)
    return tallies


def _join_tallies(here: npt.NDArray[np.int64], more: npt.NDArray[np.int64]) -> None:
    """Join the tallies of further sites to those of some samples, int64[n, N_TALLIES]."""
    joined = here + more
    for count in VALUE_COUNTS:
        column = TALLIED[count.name]
        joined[:, column] = count.join(here[:, column], more[:, column])
    here[:] = joined


def _write_slot(writer: ContentWriter, grid: Grid, area: Area, slot: Slot) -> None:
    """Write the chunks of an area, in their order."""
    n, start = 0, 0
    for sample in range(area.start, area.stop, grid.chunk.samples):
        for layer in grid.layers:
            for site in range(area.first, area.end, grid.chunk.sites):
                size, crc = slot.chunks[n].tolist()
                writer.write_chunk(layer, (sample, site), slot.data[start : start + size], crc)
                n, start = n + 1, start + size


def _write_samples(
    records: Sequence[SampleRecord], tallies: npt.NDArray[np.int64], writer: ContentWriter
) -> list[Mapping[str, int]]:
    """Write what was counted for each sample, and where its rows came from; return the counts."""
    expect_tallies(records, tallies)
    counts = [_counts(record, tally) for record, tally in zip(records, tallies, strict=True)]
    further = [name for name in FILTER_COUNTS if name in counts[0]]
    for name in (*SAMPLE_COUNTS, *further):
        writer.write_array(f"samples/{name}", np.array([one[name] for one in counts], np.int64))
    files = [{"sample": k, **file} for k, record in enumerate(records) for file in record.files]
    for name in INPUT_COLUMNS:
        values: list[Any] = [file[name] for file in files]
        dtype = INPUT_DTYPES[name]
        column = encode_strings(values) if dtype is None else np.array(values, dtype)
        writer.write_array(f"inputs/{name}", column)
    return counts


def _counts(record: SampleRecord, tally: npt.NDArray[np.int64]) -> Mapping[str, int]:
    """Return all counts of a sample, those of its placed rows from its tally where need be."""
    if all(name in record.counts for name in PLACED_COUNTS):
        return record.counts
    gone = sum(record.counts[name] for name in GONE_BEFORE)
    return {
        **record.counts,
        **{count.name: int(tally[TALLIED[count.name]]) for count in VALUE_COUNTS},
        "n_dropped_sites": record.counts["n_rows"] - gone - int(tally[N_PLACED]),
    }


def software() -> dict[str, str]:
    """Return the versions of what a store's bytes depend on."""
    versions = {name: version(name) for name in ("methcohort", "numpy", "numba", "h5py", "isal")}
    return versions | {"python": platform.python_version(), "hdf5": h5py.version.hdf5_version}


def provenance_text(config: Config, made_of: Mapping[str, Any]) -> str:
    """Return versions, the configuration and the BED file that made the store, as JSON.

    Raises
    ------
    ConfigError
        Where this is too long for a store.
    """
    made = {"software": software(), "config": config.content(), **made_of}
    text = json.dumps(made, ensure_ascii=False)
    if len(text.encode()) > _MOST_PROVENANCE:
        message = (
            f"the configuration, and what filtered the store, take {len(text):,} bytes as JSON; "
            f"expected at most {_MOST_PROVENANCE:,}; use patterns in chroms.include and "
            "chroms.exclude, and a BED file for many regions"
        )
        raise ConfigError(message)
    return text
