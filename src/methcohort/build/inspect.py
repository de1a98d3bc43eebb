"""Inspecting text files: the format and coordinate base of each, and the evidence for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..cohort import (
    Cohort,
    Config,
    FileFacts,
    Frame,
    Identified,
    LoadedFile,
    Sample,
    Source,
    catalog_of,
    compare_with_each_other,
    compare_with_reference,
    identify_files,
    load_files,
    read_config,
    resources_of,
)
from ..core.errors import ConfigError, InputError, shortages_told
from ..engine import Session, session
from ..genome import Aliases, load_aliases
from ..matrix import read_reference
from ..readers import AUTO, columns_fault, format_names, near_format, suggest
from .needs import file_sizes, likely_bases
from .warm_up import load_kernels


@shortages_told()
def inspect(
    files: Sequence[str | Path],
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    form: str = AUTO,
    columns: str = "",
    reference: str | Path | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> list[dict[str, Any]]:
    """Detect the format and coordinate base of text files, without building a store.

    Of a single file only the first rows are read. Several files, and files that are compared with a
    reference, are read as a whole.

    Parameters
    ----------
    files : the text files
    config : a YAML file, YAML text in braces, or a mapping with some of the keys
    form : name of a format, where it is known
    columns : which sample of texts of several, by its name in the header or its number
    reference : FASTA file of the genome; None takes that of the configuration
    workers, memory, scratch : as for `build`; `scratch` is by default the system's folder for
        temporary files

    Returns
    -------
    For each file a mapping that JSON can hold: `path`, `fault` (what is wrong with it, or None)
    and, of a file that is recognised, `format`, `title`, `base`, `decided_by`, `rival`, `columns`,
    `evidence` and, of one that was read as a whole, `n_rows`. Of a text that is of no known format
    `custom` is its description for that key of the configuration; what `FILL_IN` stands for is to
    be filled in.

    Raises
    ------
    InputError, ConfigError, BudgetError, WorkerError
        Where a file is missing, or where the files do not go together.
    """
    settings = read_config(config)
    if reference is not None:
        settings = replace(settings, reference=str(reference))
    if form not in format_names(settings.custom):
        message = f"found the format {form!r}; {near_format(form, settings.custom)}"
        raise ConfigError(message)
    if fault := columns_fault(form, columns, settings.custom):
        raise ConfigError(fault)
    cohort = _cohort([str(path) for path in files], form, columns)
    file_sizes(cohort)
    aliases = load_aliases(settings.aliases)
    resources = resources_of(settings, workers, memory, scratch)
    with session(resources, resources.divide()) as machine:
        sources = [source for _, source in cohort.sources]
        given = [(one.path, one.path, one.format, one.columns) for one in sources]
        found = identify_files(machine.pool, given, settings.custom)
        known = all(isinstance(one, Identified) for one in found)
        if not known or (len(found) == 1 and not settings.reference):
            return [
                _report(one.path, what) | _suggested(one, what)
                for one, what in zip(sources, found, strict=True)
            ]
        try:
            return [
                _report(file.path, file.found) | {"n_rows": file.rows.summary.n_rows}
                for file in _compared(machine, cohort, settings, aliases)
            ]
        except InputError as error:
            return _with_faults(sources, found, error)


def _cohort(paths: list[str], form: str, columns: str) -> Cohort:
    samples = [Sample(path, "", (Source(path, path, form, columns),), ()) for path in paths]
    return Cohort("", tuple(samples), ())


def _compared(
    machine: Session, cohort: Cohort, settings: Config, aliases: Aliases
) -> list[LoadedFile]:
    """Return the files after they were read and compared with the reference and each other."""
    lenient = replace(settings, base_check="warn", contexts=(), strands="keep")
    load_kernels(len(cohort.sources), reference=bool(settings.reference))
    genome = read_reference(machine.pool, settings, aliases, likely_bases(settings))
    files = load_files(machine, cohort, lenient, aliases)
    if genome is not None:
        files = compare_with_reference(machine, files, genome, lenient)
    facts = [FileFacts.of(file) for file in files]
    chroms = Frame(aliases).chroms_of(facts, settings)
    catalog = catalog_of(machine.memory, [file.rows for file in files], chroms)
    return compare_with_each_other(machine, files, catalog, chroms, lenient, refuse=False)


def _with_faults(
    sources: Sequence[Source], found: Sequence[Identified | InputError], error: InputError
) -> list[dict[str, Any]]:
    """Return what the first rows of all files show, and the errors of some of them.

    An error that concerns no single file is raised.
    """
    if not error.files:
        raise error
    return [
        _report(source.path, one) | {"fault": error.files.get(source.path)}
        for source, one in zip(sources, found, strict=True)
    ]


def _suggested(source: Source, found: Identified | InputError) -> dict[str, Any]:
    """Return a description of the columns of a text that is of no known format."""
    if source.format != AUTO or not isinstance(found, InputError):
        return {}
    try:
        custom = suggest(source.path)
    except InputError:
        return {}
    return {"custom": custom} if custom else {}


def _report(path: str, found: Identified | InputError) -> dict[str, Any]:
    if isinstance(found, InputError):
        return {"path": path, "fault": str(found)}
    found = found.assumed()
    return {
        "path": path,
        "fault": None,
        "format": found.form.name,
        "title": found.form.title,
        "base": found.form.base,
        "decided_by": found.decided_by,
        "rival": None if found.rival is None else found.rival.name,
        "columns": list(found.form.columns),
        "evidence": list(found.evidence),
    }
