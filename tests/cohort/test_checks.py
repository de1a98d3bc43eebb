"""The checks across files take facts alone, wherever the rows of the files are."""

from dataclasses import replace
from typing import Any

import pytest

from methcohort.cohort.checks import Frame, check_copies, check_names
from methcohort.cohort.config import Config
from methcohort.cohort.facts import FileFacts, Strands
from methcohort.core.errors import InputError
from methcohort.genome.names import Aliases

CONFIG = Config.from_mapping({})


def facts(name: str, **more: Any) -> FileFacts:
    """A file of one chromosome, unlike any other."""
    path = f"{name}.txt"
    strands = Strands(path, merged=False, split=False)
    found = FileFacts(
        ord(name[0]), name, path, sha256=name, format="allc", columns="", strands=strands, n_rows=9,
        names=["chr1"], present=["chr1"],
    )  # fmt: skip
    return replace(found, **more)


def test_copies(caplog: pytest.LogCaptureFixture) -> None:
    """Of another sample it is a warning, whichever of the two is in a store."""
    a, b = facts("a"), facts("b", sha256="a")
    stored = replace(a, sample=-1, name="old", path="old.txt")
    for files, reused, expected in (
        ([a, b], [], "b.txt of sample b has the same bytes as a.txt of a;"),
        ([a, facts("b")], [], None),
        ([a, replace(b, n_rows=0)], [], None),
        ([a], [stored], "a.txt of sample a has the same bytes as old.txt of old;"),
        ([a], [replace(stored, n_rows=0)], None),
        ([facts("c")], [stored, replace(stored, path="new.txt")], "new.txt of sample old has"),
        ([a, b], [stored], "and 1 more such files"),
    ):
        caplog.clear()
        check_copies(files, reused)
        assert (expected in caplog.text) if expected else not caplog.records, files


def test_copies_that_count_twice() -> None:
    a = facts("a")
    with pytest.raises(InputError, match=r"b\.txt: .* same bytes as a\.txt .* count twice"):
        check_copies([a, facts("b", sha256="a", sample=a.sample)])
    table = {"sha256": "t", "columns": "3 4"}
    by_name, by_number = facts("a", format="dss:A", **table), facts("b", format="dss:1", **table)
    with pytest.raises(InputError, match=r"samples a and b have the same columns .*\(A, 1\)"):
        check_copies([by_name, by_number])
    check_copies([by_name, replace(by_number, columns="5 6")])  # samples of one text


def test_names() -> None:
    """Those that have a row count; a file without rows counts with all."""
    frame = Frame(Aliases())
    check_names([facts("a"), facts("b")], frame, CONFIG)
    other = facts("b", names=["1", "chr1"], present=["chr1"])
    check_names([facts("a"), other], frame, CONFIG)
    with pytest.raises(InputError, match=r"chromosome '1'"):
        check_names([facts("a"), replace(other, present=["1"])], frame, CONFIG)


def test_the_chromosomes_of_the_store() -> None:
    """In the order that is wanted, and only those with a row, unless they are given."""
    files = [facts("a", names=["chr10", "chr2"], present=["chr10", "chr2"]), facts("b")]
    files.append(facts("c", names=["chr3"], present=[]))
    assert Frame(Aliases()).chroms_of(files, CONFIG) == ["chr1", "chr2", "chr10"]
    config = Config.from_mapping({"chroms": {"order": "file"}})
    assert Frame(Aliases()).chroms_of(files, config) == ["chr10", "chr2", "chr1"]
    assert Frame(Aliases(), ["chr3"]).chroms_of(files, CONFIG) == ["chr3"]
