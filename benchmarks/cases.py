"""The file of cases: which data, which variants, how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from pathlib import Path

# How the output of a peer is read, see outputs.py.
RESULTS: Final = ("matrix", "parquet", "bsseq", "nothing")
# The default of each option of a variant.
BUILD: Final = {"workers": 2, "memory": "4GB", "layers": ["c", "t"]}


class BenchmarkError(Exception):
    """A fault that the user can mend, or a program that failed; told without a traceback."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A made-up cohort: its name and the options of generate.py."""

    name: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Peer:
    """What a lab would use instead: a script, what it needs, and how its output is read."""

    name: str
    script: Path
    needs: tuple[str, ...]
    install: str
    result: str
    columns: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the programs that a case compares, on its data. `peer` is None for methcohort."""

    name: str
    data: Dataset
    peer: Peer | None
    workers: int
    memory: str
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Variants that run in turn; the first is the reference of the ratios."""

    name: str
    about: str
    repeats: int
    variants: tuple[Variant, ...]


class CaseFile:
    """The datasets, peers and cases of a YAML file.

    Raises
    ------
    BenchmarkError
        Where the file cannot be read or lacks a part.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise BenchmarkError(f"{path}: cannot be read ({error}); expected YAML") from error
        parts = found if isinstance(found, dict) else {}
        self._datasets, self._peers, self._cases = (
            parts.get(name) or {} for name in ("datasets", "peers", "cases")
        )

    @property
    def names(self) -> dict[str, str]:
        """What each case is about, by name."""
        return {name: case.get("about", "") for name, case in self._cases.items()}

    @property
    def peer_names(self) -> list[str]:
        """Names of the peers."""
        return list(self._peers)

    def case(self, name: str) -> Case:
        """Return a case. Raises BenchmarkError where it is unknown or names unknown things."""
        found = self._get("case", self._cases, name)
        self._refuse(f"case {name}", found, ("about", "data", "repeats", "variants"))
        variants = tuple(
            self._variant(name, key, options or {}, found.get("data"))
            for key, options in (found.get("variants") or {}).items()
        )
        if not variants:
            raise BenchmarkError(f"{self.path}: case {name} has no variants; expected at least one")
        return Case(name, found.get("about", ""), int(found.get("repeats", 3)), variants)

    def dataset(self, name: str) -> Dataset:
        """Return a dataset. Raises BenchmarkError where it is unknown."""
        return Dataset(name, self._get("dataset", self._datasets, name))

    def _variant(self, case: str, name: str, options: dict[str, Any], data: str | None) -> Variant:
        self._refuse(f"case {case}, variant {name}", options, ("data", "peer", *BUILD))
        data = options.get("data", data)
        if data is None:
            raise BenchmarkError(f"{self.path}: case {case}, variant {name} names no data")
        chosen = {**BUILD, **options}
        peer = self._peer(chosen["peer"]) if "peer" in chosen else None
        return Variant(
            name,
            self.dataset(data),
            peer,
            int(chosen["workers"]),
            str(chosen["memory"]),
            tuple(chosen["layers"]),
        )

    def _peer(self, name: str) -> Peer:
        found = self._get("peer", self._peers, name)
        self._refuse(f"peer {name}", found, ("script", "needs", "install", "result", "columns"))
        script = self.path.parent / found.get("script", "")
        if not script.is_file():
            raise BenchmarkError(f"{self.path}: the script of peer {name}, {script}, is no file")
        result = found.get("result")
        if result not in RESULTS:
            message = (
                f"{self.path}: found the result {result!r} of peer {name}; "
                f"expected one of {', '.join(RESULTS)}"
            )
            raise BenchmarkError(message)
        return Peer(
            name,
            script.resolve(),
            tuple(found.get("needs") or ()),
            found.get("install", "pip install --requirement benchmarks/requirements.txt"),
            result,
            found.get("columns", "five"),
        )

    def _get(self, kind: str, known: dict[str, Any], name: str) -> dict[str, Any]:
        if name not in known:
            message = (
                f"{self.path}: found no {kind} {name!r}; expected one of {', '.join(sorted(known))}"
            )
            raise BenchmarkError(message)
        found: dict[str, Any] = known[name]
        return found

    def _refuse(self, where: str, found: dict[str, Any], known: tuple[str, ...]) -> None:
        unknown = sorted(set(found) - set(known))
        if unknown:
            message = (
                f"{self.path}: {where}: found the unknown key {unknown[0]}; "
                f"expected one of {', '.join(known)}"
            )
            raise BenchmarkError(message)
