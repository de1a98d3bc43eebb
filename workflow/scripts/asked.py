"""What is asked for: the rows of the sheet, the files, and the digests that name all that is made.

A plain file, which Snakemake fetches for `common.smk`: a remote module has no package at that time.
The command `methcohort recipe` makes the same digests, from what it reads by itself.
"""

import functools
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from snakemake.io import local

REQUIRED: Final = ("sample", "path", "cohort")
READ: Final = (*REQUIRED, "format", "columns", "merge_as")
"""Columns that decide what is read of a file; what a store keeps besides is not in its batch."""

COHORT: Final = "[A-Za-z0-9][A-Za-z0-9_.+-]*"
MOST_NAME: Final = 100
"""Letters of a cohort's name: files beside a store have longer names, of at most 255 letters."""

DIGEST: Final = "[0-9a-f]{16}"
PART: Final = r"\d+-of-\d+"
SITE_WORDS: Final = ("union", "intersection", "reference")
TABLES: Final = ("GRCh37", "GRCh38", "GRCm38", "GRCm39")
"""Values of `sites`, and beginnings of `aliases`, that name no file."""

URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://")
END_BYTES: Final = 65536
MOST_SHOWN: Final = 20

Row = dict[str, str]
Rows = list[Row]


class Asked:
    """What one use of the workflow is asked for.

    Parameters
    ----------
    config : the configuration, with the default of each key that is not given
    given : those of its keys that decide what is in a store and differ from the defaults
    version : of the package that the jobs will use
    storage : Snakemake's function that makes a file of a URL
    is_made : whether a path is the output of a rule
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        given: Mapping[str, Any],
        version: str,
        storage: Callable[[str], Any],
        is_made: Callable[[str], bool],
    ) -> None:
        self.config = config
        self.given = given
        self.version = version
        self.storage = functools.cache(storage)
        self.is_made = functools.cache(is_made)
        self.columns, self.rows = read_sheet(config["samples"])
        self.cohorts = list(dict.fromkeys(row["cohort"] for row in self.rows))
        refuse_odd_names(self.cohorts)
        self.ends = functools.cache(self._ends)
        self.digest = functools.cache(self._digest)

    def request(self, cohort: str, part: str = "") -> dict[str, Any]:
        """Return all that decides a store or, for a part such as 2-of-8, a batch of its samples.

        The command makes the same of the same sheet, configuration and files.
        """
        rows, columns = self.cohort_rows(cohort), self.columns
        chosen = self.batch_rows(cohort, part) if part else rows
        if part:
            columns = [name for name in columns if name in READ]
        paths = dict.fromkeys([row["path"] for row in chosen] + self.shared_paths())
        return {
            "version": self.version,
            "cohort": cohort,
            "batch": part.replace("-of-", "/"),
            "of": [len(samples_of(rows)), len(rows)],
            "config": self.given,
            "columns": columns,
            "rows": [[row[name] for name in columns] for row in chosen],
            "files": {path: self.ends(path) for path in paths},
        }

    def _digest(self, cohort: str, part: str = "") -> str:
        return digest_of(self.request(cohort, part))

    def cohort_rows(self, cohort: str) -> Rows:
        """Return the rows of a cohort."""
        return [row for row in self.rows if row["cohort"] == cohort]

    def batch_rows(self, cohort: str, part: str) -> Rows:
        """Return the rows of a batch, such as 2-of-8; those that are merged stay together."""
        samples = samples_of(self.cohort_rows(cohort))
        number, n_batches = map(int, part.split("-of-"))
        start, stop = (k * len(samples) // n_batches for k in (number - 1, number))
        return [row for rows in samples[start:stop] for row in rows]

    def shared_paths(self) -> list[str]:
        """Return the files that all cohorts use."""
        paths = (self.bed_path, self.config["reference"], self.aliases_path)
        return [path for path in paths if path]

    @property
    def bed_path(self) -> str:
        """The BED file of the sites, or nothing."""
        sites: str = self.config["sites"]
        return "" if sites in SITE_WORDS else sites

    @property
    def aliases_path(self) -> str:
        """The table of names of chromosomes, or nothing."""
        aliases: str = self.config["aliases"]
        return "" if aliases.partition(":")[0] in TABLES else aliases

    def _ends(self, path: str) -> str:
        """Return size and digest of both ends of a file, or of a URL what its storage says.

        Snakemake looks at the content of a file only where the file is newer than the store. What
        other rules make may not exist yet; Snakemake knows when it is made again.
        """
        if is_remote(path):
            stored = self.stored(path)
            return f"{stored.size()} {stored.mtime()}" if stored.exists() else ""
        # What is no file, the build refuses; a pipe would make this wait.
        if self.is_made(path) or not Path(path).is_file():
            return ""
        try:
            return ends_of(path)
        except OSError:  # the build says it
            return ""

    def stored(self, path: str) -> Any:
        """Return the object of a URL."""
        return self.storage(path).flags["storage_object"]

    def refuse_missing(self, cohort: str, paths: Sequence[str]) -> None:
        """Stop where Snakemake cannot name a file, or a file is not there and no rule makes it.

        At a missing file Snakemake itself would say nothing where the store exists already: it
        would take the store as it is, without the sample whose file is missing.
        """
        refuse_paths(
            [path for path in paths if re.search(r"[{}<>]", path)],
            f"cohort {cohort}: Snakemake takes the signs {{ }} < > in a path for its own; rename "
            "these files, or give links to them in the sheet or the configuration",
        )
        refuse_paths(
            [path for path in paths if not self.is_there(path) and not self.is_made(path)],
            f"cohort {cohort}: these files do not exist, and no rule makes them; fix the sheet or "
            "the configuration",
        )

    def facts(self, request: Mapping[str, Any]) -> list[tuple[str, ...]]:
        """Return for each row of a recipe the name of its sample, and what decides what is read."""
        files, columns = dict(request["files"]), request["columns"]
        rows = [dict(zip(columns, row, strict=True)) for row in request["rows"]]
        for row in rows:
            row["ends"] = files[row["path"]]
        for path in {row["path"] for row in rows}:
            del files[path]
        shared = digest_of([request["version"], request["config"], files])
        return [(*(row.get(name, "") for name in (*READ, "ends")), shared) for row in rows]

    def unseen(self, cohort: str) -> dict[str, str]:
        """Return what stands for each file that cannot be looked at here.

        They are URLs, and what other rules make, which need not be there yet.
        """
        paths = [row["path"] for row in self.cohort_rows(cohort)] + self.shared_paths()
        return {path: self.ends(path) for path in paths if is_remote(path) or self.is_made(path)}

    def copies(self, rows: Rows, files: Sequence[str]) -> dict[str, str]:
        """Return the local copy of each URL, of the files of rows as Snakemake has them."""
        paths = zip((row["path"] for row in rows), files, strict=True)
        return {path: copy for path, copy in paths if is_remote(path)}

    def files(self, cohort: str, paths: Sequence[str]) -> list[Any]:
        """Return files as inputs. They are the user's, so a prefix leaves them alone."""
        self.refuse_missing(cohort, paths)
        return [self.storage(path) if is_remote(path) else local(path) for path in paths]

    def is_there(self, path: str) -> bool:
        """Tell whether a path or the object of a URL exists."""
        return self.stored(path).exists() if is_remote(path) else Path(path).exists()

    def n_samples(self, cohort: str) -> int:
        """Return how many samples a cohort has."""
        return len(samples_of(self.cohort_rows(cohort)))

    def n_batches(self, cohort: str) -> int:
        """Return in how many batches a cohort is loaded; there are no more than samples."""
        n: int = self.config["scatter"]["batches"]
        return min(n, self.n_samples(cohort))


def refuse(why: str) -> NoReturn:
    """Stop with a sentence; of another exception Snakemake would show its stack."""
    message = f"methcohort: error: {why}"
    raise SystemExit(message)


def refuse_paths(paths: Sequence[str], why: str) -> None:
    """Stop and list the paths, if there are any."""
    if paths:
        more = len(paths) - MOST_SHOWN
        lines = [f"{why}:", *paths[:MOST_SHOWN], *([f"... and {more} more"] if more > 0 else [])]
        refuse("\n".join(lines))


def refuse_odd_names(cohorts: Sequence[str]) -> None:
    """Stop at the name of a cohort that could not name its files."""
    for name in cohorts:
        if not re.fullmatch(COHORT, name):
            refuse(
                f"cohort {name!r} cannot name a file; use letters, digits and _ . + - only, a "
                "letter or digit first"
            )
        if re.search(r"(.+)\1{19}$", name):
            refuse(
                f"cohort {name[:MOST_NAME]}: its name ends in one piece 20 times; expected "
                "another, since Snakemake would take it for endless; rename the cohort"
            )
        if len(name) > MOST_NAME:
            refuse(
                f"cohort {name[:MOST_NAME]}...: found a name of {len(name)} letters; expected at "
                f"most {MOST_NAME}, since it names files; give it a shorter one"
            )


def read_sheet(path: str) -> tuple[list[str], Rows]:
    """Return the columns of the sheet and its rows; the package says all else that may be wrong."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        refuse(
            f"{path}: the sheet of samples cannot be read ({error}); the key 'samples' of the "
            "configuration names it, relative to the working directory"
        )
    lines = [
        (number, [field.strip() for field in line.split("\t")])
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1)
        if line.strip() and not line.startswith("#")
    ]
    columns = lines[0][1] if lines else []
    if lacking := [name for name in REQUIRED if name not in columns]:
        refuse(f"{path}: the columns {', '.join(lacking)} are missing; found {', '.join(columns)}")
    for number, fields in lines[1:]:
        if len(fields) != len(columns):
            refuse(f"{path}, line {number}: found {len(fields)} fields; expected {len(columns)}")
    return columns, [dict(zip(columns, fields, strict=True)) for _, fields in lines[1:]]


def samples_of(rows: Rows) -> list[Rows]:
    """Return the rows of each sample, in the order of the sheet; those merged are one sample."""
    samples: dict[str, Rows] = {}
    for row in rows:
        samples.setdefault(row.get("merge_as") or row["sample"], []).append(row)
    return list(samples.values())


def is_remote(path: str) -> bool:
    """Tell whether a path is a URL: a storage plugin of Snakemake fetches it, by its scheme."""
    return URL.match(path) is not None


def digest_of(facts: Any) -> str:
    """Return a digest of what JSON can show."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def ends_of(path: str) -> str:
    """Return the size of a file and a digest of both its ends. Raises OSError."""
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha256(file.read(END_BYTES))
        file.seek(max(END_BYTES, size - END_BYTES))
        digest.update(file.read(END_BYTES))
    return f"{size} {digest.hexdigest()}"


def refuse_faults(fault: str) -> None:
    """Stop where there is one."""
    if fault:
        refuse(fault)


def refuse_braces(folder: str) -> None:
    """Stop where the workflow lies in a folder whose name Snakemake would take for a wildcard."""
    if re.search(r"[{}]", folder):
        refuse(
            f"{folder}: Snakemake cannot use a workflow in a folder with braces in its name; move "
            "or rename it. Your own files and the working directory may have such names."
        )
