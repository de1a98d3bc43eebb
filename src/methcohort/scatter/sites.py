"""The second step of a scattered build: what all batches have in common, and the sites."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..base_check import compare_positions, is_confirmed, probe_catalog
from ..build import check_settings, likely_bases, load_kernels, shared_files
from ..cohort import (
    COHORT,
    Cohort,
    Config,
    FileFacts,
    Frame,
    Input,
    LoadedCohort,
    check_agreement,
    check_copies,
    check_names,
    check_strands,
    read_wanted,
    records_of,
    resources_of,
)
from ..core.errors import shortages_told
from ..core.log import log
from ..core.signals import signals_held
from ..engine import Session, session
from ..genome import Aliases, ChromSizes, Reference, load_aliases
from ..matrix import (
    BedSites,
    GivenSites,
    Kinds,
    Lengths,
    Sites,
    chrom_lengths,
    found_sites,
    given_sites,
    read_bed_sites,
    read_reference,
    read_sizes,
    strand_and_context,
)
from .batch import digest_of, read_facts, read_inputs, read_probes, read_readings
from .batch_sites import catalog_of_sites, largest_stored, numbers_of, sites_of_many
from .load import shared_digests
from .order import batches_of
from .part_file import PartFile, PartWriter, new_target
from .part_rows import rows_by_chrom


@shortages_told()
def find_sites(
    samples: str | Path | None,
    output: str | Path,
    batches: Sequence[str | Path],
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
    recipe: str | Path | None = None,
) -> None:
    """Check the files of all batches against each other, and write the sites of the store.

    Parameters
    ----------
    output : the file to write; an earlier one is replaced at the very end
    batches : the files of all batches, in any order

    The others are those of `build`.

    Raises
    ------
    InputError, ConfigError, StoreError, BudgetError, WorkerError
        As `build` does; and where a batch is missing, given twice, damaged, or of other samples,
        settings or files than the others.
    """
    group, settings, *_ = read_wanted(samples, config, cohort, recipe=recipe)
    check_settings(settings, len(group.samples))
    aliases = load_aliases(settings.aliases)
    bed = read_bed_sites(settings, aliases)
    sizes = read_sizes(settings, aliases)
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(new_target(Path(output), "sites", batches))
        target.confirm = group.confirm
        opened = [PartFile(path, "batch") for path in batches]
        opened = batches_of(opened, group, settings)
        load_kernels(len(group.sources), reference=bool(settings.reference))
        resources = resources_of(settings, workers, memory, scratch).beside(target.path)
        budget = resources.divide()
        machine = stack.enter_context(session(resources, budget))
        with signals_held():
            writer = stack.enter_context(PartWriter(target, "sites"))
        step = _Step(machine, group, settings, aliases, opened)
        n_sites = step.write(bed, sizes, writer)
    log.info("wrote %s: %s sites of %s batches", target.path, f"{n_sites:,}", len(opened))


@dataclass(frozen=True, slots=True)
class _Step:
    """One run of the step: the batches, in order, and what they are put together with."""

    machine: Session
    group: Cohort
    settings: Config
    aliases: Aliases
    batches: Sequence[PartFile]

    def write(self, bed: BedSites | None, sizes: ChromSizes | None, writer: PartWriter) -> int:
        """Find the sites and write all that the next steps need; return how many there are."""
        settings, (pool, memory) = self.settings, self.machine
        genome = read_reference(pool, settings, self.aliases, likely_bases(settings))
        self._refuse_other_files(genome)
        given = given_sites(pool, memory, settings, bed, genome)
        chroms, inputs = self._checked(genome, given)
        catalog = catalog_of_sites(memory, self.batches, chroms)
        largest = max(batch.meta["largest"] for batch in self.batches)
        loaded = LoadedCohort(tuple(chroms), catalog, tuple(inputs), largest)
        if given is not None:
            sites = given.sites
        elif settings.sites == "union" and settings.min_samples > 1:
            loaded, sites = sites_of_many(pool, memory, self.batches, loaded, settings.min_samples)
        else:
            loaded, sites = found_sites(pool, memory, loaded, settings, genome)
        kinds = strand_and_context(pool, memory, loaded, sites, settings, genome)
        lengths = chrom_lengths(memory, loaded.chroms, sites, sizes, genome)
        files = shared_files(settings, bed, genome, self.aliases, sizes)
        self._write(loaded, sites, kinds, lengths, files, writer)
        return sites.n

    def _refuse_other_files(self, genome: Reference | None) -> None:
        """Refuse batches that were read with another reference or other aliases of that name."""
        shared = shared_digests(genome, self.aliases)
        for batch in self.batches:
            for name, digest in shared.items():
                if batch.meta["shared"][name] != digest:
                    found = f"was read with another file as {name} than is there now"
                    raise batch.misfit(found)

    def _checked(
        self, genome: Reference | None, given: GivenSites | None
    ) -> tuple[list[str], list[Input]]:
        """Check the files of all batches against each other, as one job does.

        Returns the chromosomes of the store, and what it records of each file.
        """
        facts: list[FileFacts] = []
        inputs: list[Input] = []
        first = 0
        for batch in self.batches:
            facts += read_facts(batch, first)
            inputs += read_inputs(batch, first)
            first += len(batch.meta["samples"])
        frame = Frame(self.aliases, None if given is None else given.chroms, genome)
        check_copies(facts)
        check_names(facts, frame, self.settings)
        chroms = frame.chroms_of(facts, self.settings)
        facts, inputs = self._compared(facts, inputs, chroms)
        if self.settings.strands != "collapse":
            check_strands([file.strands for file in facts], self.settings)
        return chroms, inputs

    def _compared(
        self, facts: list[FileFacts], inputs: list[Input], chroms: Sequence[str]
    ) -> tuple[list[FileFacts], list[Input]]:
        """Compare the positions of files of different batches, by their probes.

        Returns what is given, with what the files of other batches show.
        """
        if self.settings.base_check == "off" or len(self.batches) == 1:
            return facts, inputs
        pool, memory = self.machine
        probes = [
            probe
            for batch in self.batches
            for probe in read_probes(batch, numbers_of(batch, chroms))
        ]
        readings = [one for batch in self.batches for one in read_readings(batch)]
        catalog = probe_catalog(memory, probes, chroms)
        found = compare_positions(pool, memory, catalog, chroms, readings)
        check_agreement(found, [k for k, file in enumerate(facts) if file.fits], self.settings)
        for k, reading in enumerate(readings):
            if reading.assumed and is_confirmed(found, k):
                inputs[k] = replace(inputs[k], decided_by=COHORT)
        return [file.beside(found, k) for k, file in enumerate(facts)], inputs

    def _write(
        self,
        loaded: LoadedCohort,
        sites: Sites,
        kinds: Kinds | None,
        lengths: Lengths | None,
        files: Mapping[str, Any],
        writer: PartWriter,
    ) -> None:
        group, settings, memory = self.group, self.settings, self.machine.memory
        made_of = {
            "cohort": group.name,
            "config": settings.content(),
            "columns": list(group.columns),
            "samples": [[one.name, list(one.extra)] for one in group.samples],
            "batches": [batch.meta["key"] for batch in self.batches],
            "files": dict(files),
        }
        records = records_of(loaded.inputs, len(group.samples))
        n_rows = 0
        for batch in self.batches:
            numbers = numbers_of(batch, loaded.chroms)
            n_rows += int(rows_by_chrom(batch, len(numbers))[numbers >= 0].sum())
        writer.add("offset", sites.offset)
        writer.add("pos", sites.pos.open(memory.arenas))
        if kinds is not None:
            writer.add("kinds", kinds.values.open(memory.arenas))
        writer.finish(
            made_of
            | {
                "key": digest_of(made_of),
                "chroms": list(loaded.chroms),
                "lengths": None if lengths is None else lengths.tolist(),
                "n_sites": sites.n,
                "n_rows": n_rows,
                "largest": largest_stored(memory, self.batches, loaded, sites, settings),
                "agree": kinds is not None and kinds.agree,
                "records": [[dict(one.counts), [dict(f) for f in one.files]] for one in records],
                "threads": settings.threads,
                "memory": settings.memory,
            }
        )
