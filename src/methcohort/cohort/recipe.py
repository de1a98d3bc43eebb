"""The recipe of a store: all that decides what is in it, in a file that is written before it.

The workflow names each recipe for its digest, so that a changed sheet, setting or file is another
recipe, and a build that takes nothing but the recipe cannot mix what was asked for then and now.
The file is JSON, which is YAML too. `workflow/scripts/asked.py` makes the same digests by itself,
since it has no package.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from ..core.errors import ConfigError, InputError, joined
from ..files import Identity, identity, steady, written
from ..genome import is_built_in
from .config import Config, kept_back, read_mapping
from .config_schema import changed_content
from .recipe_files import ends_of, is_remote, read_vouched, refuse_future
from .samples import Cohort, with_copies, with_sources
from .share import Share
from .sheet import Sheet, read_cohort, read_fetched, read_sheet, sheet_of
from .sheet_text import OPTIONAL, REQUIRED

DIGITS: Final = 16
_SIGNATURE: Final = b'{"digest": "'
"""How a recipe begins: only what does is replaced by another."""

MAX_BYTES: Final = 1 << 28


class Wanted(NamedTuple):
    """What a step builds: the cohort, or one batch of it, and the configuration.

    `batch` is empty, or says which of how many batches the cohort is, as in "2/8". The numbers are
    those of the whole cohort.
    """

    cohort: Cohort
    config: Config
    batch: str
    n_samples: int
    n_files: int


def read_wanted(
    samples: str | Path | None,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    fetched: str | Path | None = None,
    recipe: str | Path | None = None,
) -> Wanted:
    """Return what is to be built, by a sheet and a configuration, or by a recipe in their place.

    Raises
    ------
    InputError, ConfigError
        Where they cannot be read or used; where a file is not the one that the recipe was written
        for; where both are given.
    """
    if recipe is None:
        settings = Config.from_mapping(*read_mapping(config))
        group = read_cohort(samples or settings.samples, cohort, fetched, settings.custom)
        return Wanted(group, settings, "", len(group.samples), len(group.sources))
    if (samples, config, cohort) != (None, None, None):
        message = (
            f"found the recipe {recipe} beside a sheet, a configuration or a cohort; expected one "
            "or the other"
        )
        raise ConfigError(message)
    return Recipe.read(recipe).wanted({} if fetched is None else read_fetched(fetched))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides a store, or a batch of its samples.

    Attributes
    ----------
    path : its file, or where that is to be
    version : of the program
    cohort, batch : the name of the cohort, and which of its batches, if any
    n_samples, n_files : of the whole cohort
    config : the keys that decide what is in a store and differ from the defaults
    sheet : the rows of the cohort or the batch
    files : of each file that is read, size and digest of its ends, as text; empty where a rule is
        yet to make it, and what the caller said where it lies elsewhere
    """

    path: str
    version: str
    cohort: str
    batch: str
    n_samples: int
    n_files: int
    config: Mapping[str, Any]
    sheet: Sheet
    files: Mapping[str, str]

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Return the recipe of a file. Raises InputError where it is none, or was changed."""
        try:
            with steady(path) as file:
                found = json.loads(file.read(MAX_BYTES))
            asked = found["request"]
            if digest_of(asked) != found["digest"]:
                raise ValueError("its digest is not that of its text")
            _expect_kinds(asked)
            config = Config.from_mapping(asked["config"], str(path))
            rows = list(enumerate(asked["rows"], 1))
            sheet = sheet_of(path, asked["columns"], rows, config.custom)
            n_samples, n_files = asked["of"]
        except OSError as error:
            message = f"{path}: cannot be read ({error.strerror or error}); expected a recipe"
            raise InputError(message) from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, InputError | ConfigError):
                raise
            message = (
                f"{path}: is not a recipe that methcohort recipe wrote ({error}); write it again; "
                "where it lies in results/.recipes, remove it and run again"
            )
            raise InputError(message) from error
        return cls(
            str(path), asked["version"], asked["cohort"], asked["batch"], n_samples, n_files,
            asked["config"], sheet, asked["files"],
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """The digest that its name has."""
        return digest_of(self.request())

    def request(self) -> dict[str, Any]:
        """Return all that decides the store, for JSON."""
        return {
            "version": self.version,
            "cohort": self.cohort,
            "batch": self.batch,
            "of": [self.n_samples, self.n_files],
            "config": self.config,
            "columns": list(self.sheet.columns),
            "rows": [list(row.fields) for row in self.sheet.rows],
            "files": self.files,
        }

    def text(self) -> str:
        """Return the text of the file: JSON with a row of the sheet, and a file, in each line."""
        asked = self.request()
        listed = {
            "rows": "[\n" + ",\n".join(map(_json, asked.pop("rows"))) + "\n]",
            "files": "{\n" + ",\n".join(_pair(*one) for one in asked.pop("files").items()) + "\n}",
        }
        lines = [_pair(key, value) for key, value in asked.items()]
        lines += [f"{_json(key)}: {value}" for key, value in listed.items()]
        can_grow = kept_back(Config.from_mapping(self.config)) is None
        head = {"digest": self.digest, "can_grow": can_grow}
        return _json(head)[:-1] + ', "request": {\n' + ",\n".join(lines) + "\n}}\n"

    def _expect_own(self) -> None:
        """Raise InputError where another version wrote the recipe, or files of it are missing."""
        own = version("methcohort")
        if self.version != own:
            message = (
                f"{self.path}: is a recipe of methcohort {self.version}; expected one of {own}, "
                "which is installed; write it again with methcohort recipe"
            )
            raise InputError(message)
        config = Config.from_mapping(self.config, self.path)
        wanted = [*(row.source.path for row in self.sheet.rows), *_shared_paths(config)]
        for path in wanted:
            if path not in self.files:
                message = (
                    f"{self.path}: does not say which file {path} was; write it again with "
                    "methcohort recipe"
                )
                raise InputError(message)

    def wanted(self, copies: Mapping[str, str]) -> Wanted:
        """Return what is to be built; its files are those of the recipe, and stay so.

        Parameters
        ----------
        copies : local copies of what the sheet names elsewhere

        Raises
        ------
        InputError
            Where a file has changed since the recipe was written, or another version wrote it.
        """
        self._expect_own()
        known = self._expect_files({})
        group = with_copies(self.sheet.cohort(self.cohort), copies)
        group = with_sources(group, lambda one: one._replace(known=known.get(one.path)))
        group = replace(group, confirm=partial(self._expect_files, known))
        config = Config.from_mapping(self.config, self.path)
        return Wanted(group, config, self.batch, self.n_samples, self.n_files)

    def _expect_files(self, known: Mapping[str, Identity]) -> dict[str, Identity]:
        """Return which files these are; raise InputError where they are not those of the recipe."""
        found, faults = {}, []
        for path, ends in self.files.items():
            if not ends or is_remote(path):
                continue
            file = identity(path)
            if ends_of(path) != ends or (path in known and file != known[path]):
                faults.append(
                    f"{path}: has changed since {self.path} was written for it; run again when it "
                    "is complete, or put the earlier file back"
                )
            elif file is not None:
                found[path] = file
        if faults:
            raise InputError(joined(faults, "file"))
        return found


def write_recipe(
    samples: str | Path | None,
    output: str | Path,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    batch: str = "",
    release: str | None = None,
    vouched: str | Path | None = None,
    digest: str | None = None,
) -> str:
    """Write the recipe of a store, or of a batch of its samples; return its digest.

    Parameters
    ----------
    samples, config, cohort : as for `build`
    output : the file to write
    batch : which of how many batches, as in "2/8"; empty for the whole cohort
    release : the version to write down; None takes this one
    vouched : a table of files that are not looked at, see `read_vouched`
    digest : the one to expect; None takes any

    Raises
    ------
    InputError, ConfigError
        Where the sheet or the configuration cannot be used, the digest is another, or a file has a
        time of change in the future: Snakemake would take every store of it as outdated.
    StoreError
        Where `output` cannot be written, or is something else than a recipe.
    """
    mapping, where = read_mapping(config)
    settings = Config.from_mapping(mapping, where)
    sheet = read_sheet(samples or settings.samples, settings.custom)
    marks = {} if vouched is None else read_vouched(vouched)
    group = sheet.cohort(cohort)
    part = _batch(sheet, group, batch)
    paths = dict.fromkeys([row.source.path for row in part.rows] + _shared_paths(settings))
    recipe = Recipe(
        str(output),
        release or version("methcohort"),
        group.name,
        batch,
        len(group.samples),
        len(group.sources),
        changed_content(mapping),
        part,
        {path: marks[path] if path in marks else ends_of(path) for path in paths},
    )
    found = recipe.digest
    if digest not in (None, found):
        message = (
            f"cohort {group.name}: the sheet, the configuration or a file has changed since this "
            f"run began (found the digest {found}; expected {digest}); run again"
        )
        raise InputError(message)
    refuse_future([path for path in paths if path not in marks])
    _write(Path(output), recipe.text())
    return found


def digest_of(request: Mapping[str, Any]) -> str:
    """Return the digest of what decides a store."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _batch(sheet: Sheet, group: Cohort, batch: str) -> Sheet:
    """Return the rows of a cohort, or of one of its batches with what is read of their files."""
    own = {row.source.name: row for row in sheet.rows if row.cohort == group.name}
    if not batch:
        return replace(sheet, rows=tuple(own.values()))
    chosen = [own[one.name] for _, one in group.batch(*Share.parse(batch, "--batch")).sources]
    places = [k for k, name in enumerate(sheet.columns) if name in (*REQUIRED, *OPTIONAL)]
    rows = [row._replace(fields=tuple(row.fields[k] for k in places)) for row in chosen]
    return replace(sheet, columns=tuple(sheet.columns[k] for k in places), rows=tuple(rows))


def _shared_paths(config: Config) -> list[str]:
    """Return the files that all samples are read with."""
    aliases = "" if is_built_in(config.aliases) else config.aliases
    paths = (config.bed, config.reference, aliases, config.chrom_sizes)
    return [path for path in paths if path]


def _expect_kinds(asked: Mapping[str, Any]) -> None:
    """Raise ValueError where a value that a recipe must have is of another kind."""
    texts = [asked["version"], asked["cohort"], asked["batch"], *asked["columns"]]
    texts += [field for row in asked["rows"] for field in row]
    texts += [text for pair in asked["files"].items() for text in pair]
    if not all(isinstance(one, str) for one in texts) or {*map(type, asked["of"])} != {int}:
        raise ValueError("a value is of another kind")


def _write(path: Path, text: str) -> None:
    """Write the file whole, or not at all. Raises StoreError where something else is there."""
    with written(path, _SIGNATURE, "recipe") as new:
        new.write_text(text, encoding="utf-8")


def _pair(key: str, value: Any) -> str:
    return f"{_json(key)}: {_json(value)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
