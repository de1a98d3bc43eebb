"""Loading the files of a cohort: each is identified, and read by the workers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core.errors import InputError, joined
from ..core.log import log
from ..engine import Pool, Session
from ..engine.compile import announced
from ..files import identity
from ..genome import Aliases, renamed
from ..readers import KERNELS, Format
from ..readers import warm as warm_reader
from ..rows import NARROW, FileRows
from ..store.schema import TEXT_DROPS
from .config import Config
from .identify import Identified, identify_files
from .jobs import run_tasks
from .load import LoadTask
from .records import Input
from .samples import Cohort, Source, stored_format


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A text file on its way to the store.

    Attributes
    ----------
    sample : number of the sample that it is of
    source : its row of the sheet
    found : what form of text it is, and how that was decided
    rows : its rows, with names of the store
    n_renamed : rows whose chromosome has another name in the text
    n_off_reference : rows at no cytosine of the reference
    fits : whether it was found to fit the reference
    is_split : whether rows of unknown strand turned out to be of both strands of a CpG, each apart
    is_joined : whether rows of unknown strand turned out to be at the C of CpGs only
    """

    sample: int
    source: Source
    found: Identified
    rows: FileRows
    n_renamed: int = 0
    n_off_reference: int = 0
    fits: bool = False
    is_split: bool = False
    is_joined: bool = False

    @property
    def path(self) -> str:
        """Path of the file."""
        return self.source.path

    @property
    def title(self) -> str:
        """What to call the file where work on it fails."""
        return _title(self.source)

    @property
    def names(self) -> list[str]:
        """Names of the chromosomes that have a row; all, where none has one."""
        present = np.unique(self.rows.runs[:, 0]).tolist()
        return [self.rows.names[k] for k in present] or self.rows.names

    def as_input(self, n_summed: int = 0) -> Input:
        """Return what the store records of the file.

        `n_summed` rows were added to those of another file of the sample.
        """
        summary = self.rows.summary
        return Input(
            sample=self.sample,
            name=self.source.name,
            path=self.source.given,
            format=stored_format(self.found.form.name, self.source.columns),
            base=self.found.form.base,
            decided_by=self.found.decided_by,
            summary=summary,
            n_kept=summary.n_rows - summary.n_dropped_chroms,
            n_renamed=self.n_renamed,
            n_collapsed=self.rows.n_collapsed,
            n_summed_replicates=n_summed,
            n_off_reference=self.n_off_reference,
            n_merged_rows=self._n_merged_rows(),
        )

    def _n_merged_rows(self) -> int:
        """Return how many kept rows have the reads of both strands."""
        summary = self.rows.summary
        if self.found.form.merged != "yes":
            return summary.n_merged_rows
        return summary.n_rows - sum(int(getattr(summary, name)) for name in TEXT_DROPS)


def load_files(
    machine: Session, cohort: Cohort, config: Config, aliases: Aliases
) -> list[LoadedFile]:
    """Load all files of a cohort, by sample.

    Raises
    ------
    InputError
        With the first fault of each bad file.
    """
    if not cohort.samples:
        return []
    listed = [(k, source) for k, sample in enumerate(cohort.samples) for source in sample.sources]
    sources = [source for _, source in listed]
    found = _identified(machine.pool, sources, config)
    tasks = {
        k: load_task(source, one, config, aliases)
        for k, (source, one) in enumerate(zip(sources, found, strict=True))
        if isinstance(one, Identified)
    }
    _load_kernels(tasks.values())
    _log_dialects(found, sources)
    results = run_tasks(machine, tasks)
    files = []
    faults = []
    for k, (sample, source) in enumerate(listed):
        result, one = results.get(k), found[k]
        if isinstance(result, FileRows) and isinstance(one, Identified):
            try:
                rows, n_renamed = _renamed(result, aliases, source.path)
                files.append(LoadedFile(sample, source, one, rows, n_renamed))
            except InputError as fault:
                faults.append((source.path, str(fault)))
        else:
            faults.append((source.path, str(one if isinstance(one, InputError) else result)))
    if faults:
        raise _of_files(faults)
    return files


def _identified(
    pool: Pool, sources: Sequence[Source], config: Config
) -> list[Identified | InputError]:
    """Return what each file is, or why it cannot be used."""
    found = identify_files(
        pool,
        [(_title(one), one.path, one.format, one.columns) for one in sources],
        config.custom,
        [one.known for one in sources],
    )
    return [
        one if isinstance(one, InputError) else _lack(source, one, config) or one
        for source, one in zip(sources, found, strict=True)
    ]


def _load_kernels(tasks: Iterable[LoadTask]) -> None:
    """Compile or fetch the kernels that read the formats of some files."""
    forms = [task.found.form for task in tasks]
    for form in {(one.name in KERNELS, one.dialect is None): one for one in forms}.values():
        load_reader(form)


def _of_files(faults: Sequence[tuple[str, str]]) -> InputError:
    """Return the error for faults of several files, each a path and what is wrong with it."""
    by_path: dict[str, list[str]] = {}
    for path, text in faults:
        by_path.setdefault(path, []).append(text)
    files = {path: "\n".join(dict.fromkeys(texts)) for path, texts in by_path.items()}
    return InputError(joined([text for _, text in faults], "file"), files=files)


def load_task(source: Source, found: Identified, config: Config, aliases: Aliases) -> LoadTask:
    """Return the task of loading a file."""
    file = found.file or identity(source.path)  # one that has gone is the reader's to report
    size = file.size if file else 0
    return LoadTask(_title(source), source.path, size, found, config, aliases)


def _log_dialects(found: Sequence[Identified | InputError], sources: Sequence[Source]) -> None:
    """Log how files whose fields are not plainly written are read, many in one line."""
    paths_of: dict[str, list[str]] = {}
    for source, one in zip(sources, found, strict=True):
        if isinstance(one, Identified) and one.form.dialect is not None:
            paths_of.setdefault(one.form.dialect.describe(), []).append(source.path)
    for sentence, paths in paths_of.items():
        more = f" and {len(paths) - 1:,} more files" if len(paths) > 1 else ""
        log.info("%s%s: %s", paths[0], more, sentence)


def _title(source: Source) -> str:
    return f"sample {source.name} ({source.path})"


def _lack(source: Source, found: Identified, config: Config) -> InputError | None:
    """Return the fault of a file without contexts, where only some are wanted."""
    if not config.contexts or found.form.with_context or config.reference:
        return None
    return InputError(
        f"{source.path}: {found.form.title} does not state the context of its rows; expected it, "
        f"since contexts is {', '.join(config.contexts)}; give a reference, or leave contexts empty"
    )


def _renamed(rows: FileRows, aliases: Aliases, path: str) -> tuple[FileRows, int]:
    """Return rows with the names of the store, and how many have another name in the text."""
    names = renamed(rows.names, aliases, path)
    differ = np.array([old != new for old, new in zip(rows.names, names, strict=True)], np.bool_)
    sizes = np.diff(rows.runs[:, 1], append=rows.n_rows)
    n_renamed = int(sizes[differ[rows.runs[:, 0]]].sum()) if len(rows.runs) else 0
    return replace(rows, names=names), n_renamed


@announced
def load_reader(form: Format) -> None:
    """Compile or fetch the kernel that reads a format; all formats of one kernel share it."""
    warm_reader(form, NARROW)
