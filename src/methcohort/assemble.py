"""Assembling a store: the rows of a loaded cohort, packed by the workers, into the writer."""

import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from .catalog import SharedCatalog
from .cohort import LoadedCohort
from .config import Config
from .cytosine import CONTEXTS, KIND_DTYPE, STRANDS, contexts_of, strands_of
from .errors import ConfigError
from .inputs import sample_totals
from .kernels import load_placing
from .layout import (
    BLOCK_SITES,
    DIGEST_BYTES,
    GONE_BEFORE,
    KIND_NAMES,
    LAYERS,
    OFFSET_DTYPE,
    POS_DTYPE,
    SAMPLE_COUNTS,
    SHUFFLED,
    count_dtype,
)
from .ledger import ContentWriter
from .merge import N_PLACED, N_SITES, N_TALLIES, SUM_C, SUM_T
from .pack import (
    ChunkShape,
    PackPlan,
    PackTask,
    Slot,
    block_digest,
    layer_dtypes,
    open_slot,
    pack,
    slot_bytes,
    survey,
)
from .progress import Progress
from .shared import Extent, Memory
from .sheet import Cohort
from .sites import Sites
from .workers import Pool
from .writer import encode_strings

_TASK_SAMPLES: Final = 16
_MOST_PROVENANCE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Assembly:
    """A cohort that is ready to be packed: what it is, its rows and its sites.

    `kinds` starts with uint8[n_sites], see `cytosine.py`; None where nothing is known of any site.
    """

    cohort: Cohort
    config: Config
    loaded: LoadedCohort
    sites: Sites
    kinds: Extent | None
    files: dict[str, dict[str, str]]


def task_samples(chunk_samples: int) -> int:
    """Return how many samples one packing task covers: whole tiles, about `_TASK_SAMPLES`."""
    return chunk_samples * max(1, _TASK_SAMPLES // chunk_samples)


def task_bytes(config: Config) -> tuple[int, int]:
    """Return the bytes of the largest packing task: its private arrays, and its slot."""
    n_samples = task_samples(config.chunks[0])
    widths = [4] * len(config.layers)
    private = sum(widths) * n_samples * BLOCK_SITES
    return private, slot_bytes(ChunkShape(*config.chunks), widths, n_samples, BLOCK_SITES)


def assemble(
    pool: Pool, memory: Memory, parts: Assembly, writer: ContentWriter, window: int
) -> str:
    """Hand the whole store to a writer, which publishes it; return its digest.

    Parameters
    ----------
    window : tasks that may be packed and not yet written
    """
    provenance = _provenance(parts.config, parts.files)
    shared = parts.loaded.catalog.share(memory)
    plan = _plan(memory, parts, shared, pool)
    _write_axes(memory, parts, writer)
    tallies = _write_layers(pool, memory, plan, parts, writer, window)
    _write_samples(parts, tallies, writer)
    return writer.finish(
        {
            "assembly": parts.config.assembly,
            "generated-by": f"methcohort {version('methcohort')}",
            "layers": parts.config.layers,
            "provenance": provenance,
        }
    )


def _plan(memory: Memory, parts: Assembly, shared: SharedCatalog, pool: Pool) -> PackPlan:
    """Return what all tasks need, with the count dtype that the stored counts call for."""
    config, sites = parts.config, parts.sites
    chroms = memory.reserve(sites.offset.nbytes)
    memory.arenas.map(chroms).view(OFFSET_DTYPE)[: sites.offset.size] = sites.offset
    plan = PackPlan(
        catalog=shared,
        sites=sites.extent,
        n_sites=sites.n,
        chroms=chroms,
        n_chroms=len(parts.loaded.chroms),
        layers=tuple(layer for layer in LAYERS if layer in config.layers),
        count_dtype=count_dtype(parts.loaded.largest).str,
        chunk=ChunkShape(
            min(config.chunks[0], len(parts.cohort.samples)),
            max(1, min(config.chunks[1], sites.n)),
        ),
        deflate_level=config.deflate_level,
    )
    all_rows_stay = config.sites == "union" and config.min_samples == 1
    if not all_rows_stay and plan.count_dtype != count_dtype(0).str:
        load_placing(count_dtype(0))
        tasks = [(task,) for task in _tasks(plan, parts, [sites.extent])]
        largest = max((value for _, value in pool.run(survey, tasks)), default=0)
        plan = replace(plan, count_dtype=count_dtype(largest).str)
    load_placing(np.dtype(plan.count_dtype))
    return plan


def _tasks(plan: PackPlan, parts: Assembly, slots: Sequence[Extent]) -> Iterator[PackTask]:
    """Yield the packing tasks in the order in which the writer stores what they leave."""
    n_samples, step = len(parts.cohort.samples), task_samples(plan.chunk.samples)
    index = 0
    for first in range(0, plan.n_sites, BLOCK_SITES):
        for start in range(0, n_samples, step):
            yield PackTask(
                title=f"sites {first:,} to {first + BLOCK_SITES:,}",
                plan=plan,
                first=first,
                end=min(first + BLOCK_SITES, plan.n_sites),
                start=start,
                stop=min(start + step, n_samples),
                slot=slots[index % len(slots)],
            )
            index += 1


def _write_axes(memory: Memory, parts: Assembly, writer: ContentWriter) -> None:
    """Write what names and orders sites and samples."""
    sites, cohort = parts.sites, parts.cohort
    positions = memory.arenas.map(sites.extent).view(POS_DTYPE)[: sites.n]
    writer.write_array("chroms/name", encode_strings(list(parts.loaded.chroms)))
    writer.write_array("chroms/offset", sites.offset)
    writer.write_array("sites/pos", positions)
    writer.write_array("digests/sites", _digests(positions))
    if parts.kinds is not None:
        _write_kinds(memory, parts.kinds, sites.n, writer)
    writer.write_array("samples/name", encode_strings([s.name for s in cohort.samples]))
    writer.write_array("sheet/columns", encode_strings(list(cohort.columns)))
    cells = [sample.extra[k] for k in range(len(cohort.columns)) for sample in cohort.samples]
    shape = len(cohort.columns), len(cohort.samples)
    writer.write_array("sheet/values", encode_strings(cells).reshape(shape))


def _write_kinds(memory: Memory, extent: Extent, n_sites: int, writer: ContentWriter) -> None:
    """Write strand and context of the sites, one after the other in the same memory."""
    kinds = memory.arenas.map(extent)[:n_sites]
    room = memory.reserve(n_sites * KIND_DTYPE.itemsize)
    values = memory.arenas.map(room)[:n_sites]
    for name, of, legend in zip(
        KIND_NAMES, (strands_of, contexts_of), (STRANDS, CONTEXTS), strict=True
    ):
        for k in range(0, n_sites, BLOCK_SITES):  # numpy takes eight bytes a site meanwhile
            of(kinds[k : k + BLOCK_SITES], values[k : k + BLOCK_SITES])
        writer.write_array(f"sites/{name}", values, legend)
        writer.write_array(f"digests/{name}", _digests(values))
    memory.release(room)


def _digests(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return the digest of each block of sites, uint8[n_blocks, 32]."""
    blocks = range(0, len(values), BLOCK_SITES)
    digests = b"".join(block_digest(values[k : k + BLOCK_SITES]) for k in blocks)
    return np.frombuffer(digests, np.uint8).reshape(-1, DIGEST_BYTES)


def _write_layers(
    pool: Pool, memory: Memory, plan: PackPlan, parts: Assembly, writer: ContentWriter, window: int
) -> npt.NDArray[np.int64]:
    """Pack and write all layers; return the tallies of each sample, int64[n, N_TALLIES]."""
    n_samples = len(parts.cohort.samples)
    dtypes = layer_dtypes(plan)
    for layer, dtype in dtypes.items():
        writer.create_layer(
            layer,
            dtype,
            (n_samples, plan.n_sites),
            plan.chunk,
            plan.deflate_level,
            shuffle=SHUFFLED[layer],
        )
    widths = [dtype.itemsize for dtype in dtypes.values()]
    most = min(task_samples(plan.chunk.samples), n_samples), min(BLOCK_SITES, plan.n_sites)
    size = slot_bytes(plan.chunk, widths, *most)
    slots = [memory.reserve(size, counted=False) for _ in range(window)]
    n_blocks = -(-plan.n_sites // BLOCK_SITES)
    digests = np.zeros((len(dtypes), n_samples, n_blocks, DIGEST_BYTES), np.uint8)
    tallies = np.zeros((n_samples, N_TALLIES), np.int64)
    with Progress("write", n_samples * plan.n_sites, "values a layer") as progress:
        tasks = ((task,) for task in _tasks(plan, parts, slots))
        results = pool.run_in_order(pack, tasks, window, progress.add)
        for task, _ in zip(_tasks(plan, parts, slots), results, strict=True):
            slot = open_slot(
                memory.arenas.kept(task.slot), plan, task.stop - task.start, task.end - task.first
            )
            _write_slot(writer, task, slot)
            digests[:, task.start : task.stop, task.first // BLOCK_SITES] = slot.digests
            tallies[task.start : task.stop] += slot.tallies
    for layer, table in zip(dtypes, digests, strict=True):
        writer.write_array(f"digests/{layer}", table)
    return tallies


def _write_slot(writer: ContentWriter, task: PackTask, slot: Slot) -> None:
    """Write the chunks that a task left, in their order."""
    chunk, n, start = task.plan.chunk, 0, 0
    for sample in range(task.start, task.stop, chunk.samples):
        for layer in task.plan.layers:
            for site in range(task.first, task.end, chunk.sites):
                size, crc = slot.chunks[n].tolist()
                writer.write_chunk(layer, (sample, site), slot.data[start : start + size], crc)
                n, start = n + 1, start + size


def _write_samples(parts: Assembly, tallies: npt.NDArray[np.int64], writer: ContentWriter) -> None:
    """Write what was counted for each sample, and where its rows came from."""
    inputs, n_samples = parts.loaded.inputs, len(parts.cohort.samples)
    counts = {
        "n_sites": tallies[:, N_SITES],
        "sum_c": tallies[:, SUM_C],
        "sum_t": tallies[:, SUM_T],
    }
    for name in SAMPLE_COUNTS:
        if name not in counts and name != "n_dropped_sites":
            counts[name] = sample_totals(inputs, name, n_samples)
    gone = sum(counts[name] for name in GONE_BEFORE)
    counts["n_dropped_sites"] = counts["n_rows"] - gone - tallies[:, N_PLACED]
    for name in SAMPLE_COUNTS:
        writer.write_array(f"samples/{name}", np.ascontiguousarray(counts[name]))
    writer.write_array("inputs/sample", np.array([one.sample for one in inputs], np.int32))
    writer.write_array("inputs/base", np.array([one.base for one in inputs], np.int8))
    for name in ("name", "path", "format", "decided_by"):
        values = [getattr(one, name) for one in inputs]
        writer.write_array(f"inputs/{name}", encode_strings(values))
    writer.write_array("inputs/sha256", encode_strings([one.summary.sha256 for one in inputs]))
    for name in ("size", "n_rows", "n_kept", "n_renamed", "n_dropped_chroms"):
        numbers = np.array([one.count(name) for one in inputs], np.int64)
        writer.write_array(f"inputs/{name}", numbers)


def _provenance(config: Config, files: dict[str, dict[str, str]]) -> str:
    """Return versions, the configuration and the BED file that made the store, as JSON."""
    software = {name: version(name) for name in ("methcohort", "numpy", "numba", "h5py", "isal")}
    software |= {"python": platform.python_version(), "hdf5": h5py.version.hdf5_version}
    made = {"software": software, "config": config.content(), **files}
    text = json.dumps(made, ensure_ascii=False)
    if len(text.encode()) > _MOST_PROVENANCE:
        message = (
            f"the configuration takes {len(text):,} bytes as JSON; expected at most "
            f"{_MOST_PROVENANCE:,}; use patterns in chroms.include and chroms.exclude"
        )
        raise ConfigError(message)
    return text
