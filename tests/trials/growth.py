"""Stores that are merged, grown and cut in random ways, next to a build of all the text."""

import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import pytest
from any_cohort import Case, File, draw_case, draw_rows, write_case
from callers import cytosines
from cohorts import Row, make_cohort, write_sheet
from oracle import natural_key
from writers import WRITERS

import methcohort
from methcohort.build import command as builder
from methcohort.build import reused_sites
from methcohort.engine import budget
from methcohort.matrix.stored_samples import StoredArea
from methcohort.store.schema import BLOCK_SITES

FURTHER = ("sex", "batch")
EMPTY = next(writer for writer in WRITERS if writer.form == "bsmap_methratio")
"""Tells strand and context of its rows, and has a header, so that it may have no rows."""

ONE_BLOCK = 256
"""Sites of a digest block in some of the trials, so that small cohorts have several."""


@dataclass(frozen=True)
class Group:
    """A sample: its rows of the sheet (name, path, cohort, format, merge_as)."""

    name: str
    lines: tuple[tuple[str, ...], ...]


@contextmanager
def small_store_blocks(n_sites: int) -> Iterator[None]:
    """Digest blocks of so many sites, wherever the package has their size, and few rows a block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reused_sites, "BLOCK_ROWS", n_sites // 3)
        patch.setattr(budget, "LEAST_ROWS_BYTES", -(10**12))  # so that 1 MB is enough, with scratch
        for name, module in list(sys.modules.items()):
            if name.startswith("methcohort.") and hasattr(module, "BLOCK_SITES"):
                patch.setattr(module, "BLOCK_SITES", n_sites)
        yield


def draw_options(rng: random.Random, case: Case, root: Path, most: int) -> None:
    """Draw the options that concern stores and which `draw_case` leaves as they are."""
    config = case.config
    config["chunks"] = [rng.choice((1, 2, 3, 4)), min(most, rng.choice((256, 512, 4096)))]
    config["deflate_level"] = rng.choice((3, 3, 3, 4, 6))
    if config["sites"] == "union" and rng.random() < 0.25:
        config["sites"] = str(write_bed(rng, root / "sites.bed", case))
    if config["sites"] == "union" and rng.random() < 0.1:
        config["min_samples"] = 2
    if rng.random() < 0.6:  # else a part of the samples does not tell its sites
        config["uncovered"] = "drop"
    if rng.random() < 0.15:
        config["chroms"] = config["chroms"] | {"order": "file"}
    if config["sites"] == "intersection" and rng.random() < 0.6:
        config["sites"] = "union"


def write_bed(rng: random.Random, path: Path, case: Case) -> Path:
    """Write intervals of the genome, with the names of the store."""
    names = sorted(case.genome, key=natural_key)
    rows = []
    for name in rng.sample(names, rng.randint(1, len(names))):
        edges = sorted(rng.sample(range(len(case.genome[name])), 6))
        rows += [f"{name}\t{a}\t{b}\n" for a, b in zip(edges[::2], edges[1::2], strict=True)]
    path.write_text("".join(rows))
    return path


def of_one_writer(rng: random.Random, case: Case) -> None:
    """Have all files written as the first one is, so that rows agree on what their sites are."""
    first = case.files[0]
    for file in case.files[1:]:
        file.writer, file.form = first.writer, first.form
        file.rows = draw_rows(rng, first.writer, cytosines(case.genome), case.config)


def narrow(rng: random.Random, case: Case) -> None:
    """Leave some files with one chromosome, some with the positions of another, some with few."""
    for k, file in enumerate(case.files):
        chance = rng.random()
        if chance < 0.2:
            chrom = rng.choice(sorted({row.chrom for row in file.rows}))
            file.rows = [row for row in file.rows if row.chrom == chrom]
        elif chance < 0.3:
            file.rows = file.rows[: rng.randint(1, 3)]
        elif chance < 0.34 and k > 1:
            file.writer, file.form, file.rows = EMPTY, EMPTY.form, []
        elif chance < 0.5 and k and not file.writer.zero:
            file.writer, file.form = case.files[0].writer, case.files[0].form
            file.rows = [row for row in case.files[0].rows if rng.random() < 0.7] or file.rows
            file.rows = [replace(row, c=min(row.c, 90), t=min(row.t, 90)) for row in file.rows]
            file.rows = [row for row in file.rows if row.n] or case.files[0].rows


def groups_of(lines: Sequence[Sequence[str]]) -> list[Group]:
    """The samples of the rows of a sheet, in the order of a store."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in lines:
        found.setdefault(line[4] or line[0], []).append(tuple(line))
    return [Group(name, tuple(rows)) for name, rows in found.items()]


def write_groups(
    path: Path, groups: Sequence[Group], values: dict[str, dict[str, str]] | None = None
) -> Path:
    """Write the sheet of samples, with further columns: by column, the value of each sample."""
    further = values or {}
    rows = [
        [*line, *(column.get(group.name, "") for column in further.values())]
        for group in groups
        for line in group.lines
    ]
    return write_sheet(path, rows, ["format", "merge_as", *further])


def draw_values(rng: random.Random, groups: Sequence[Group]) -> dict[str, dict[str, str]]:
    """Further columns of a sheet, in any order."""
    names = rng.sample(FURTHER, rng.randint(0, len(FURTHER)))
    return {name: {one.name: rng.choice(("", "a", "bb")) for one in groups} for name in names}


def over(
    old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]
) -> dict[str, dict[str, str]]:
    """The columns of two sheets, those of the second over those of the first."""
    return {
        name: old.get(name, {}) | {k: v for k, v in new.get(name, {}).items() if v}
        for name in dict.fromkeys((*old, *new))
    }


class Attempt:
    """One cohort with its options, and one thing to do with stores of it."""

    def __init__(self, rng: random.Random, root: Path, most: int = BLOCK_SITES) -> None:
        self.rng, self.root = rng, root
        self.case = draw_case(rng, root)
        while len({file.merge_as or file.name for file in self.case.files}) < 2:
            self.case = draw_case(rng, root)
        draw_options(rng, self.case, root, most)
        if rng.random() < 0.6:
            of_one_writer(rng, self.case)
        narrow(rng, self.case)
        if sum(len(file.rows) for file in self.case.files) % 4 == 0:
            self._give_lengths()
        self.groups = groups_of(list(write_case(rng, root, self.case)))
        self.options: dict[str, Any] = {"workers": 0, "memory": rng.choice(("1MB", "2GB"))}
        if rng.random() < 0.05:
            self.options["workers"] = 2
        self._n = 0

    def _give_lengths(self) -> None:
        """A table of the lengths of all chromosomes, by the names that the genome has."""
        more = 0 if self.case.config.get("reference") else 1000
        lengths = [f"{name}\t{len(bases) + more}\n" for name, bases in self.case.genome.items()]
        (self.root / "chrom.sizes").write_text("".join(lengths), encoding="utf-8")
        self.case.config["chrom_sizes"] = str(self.root / "chrom.sizes")

    def path(self, name: str) -> Path:
        self._n += 1
        return self.root / f"{self._n}.{name}"

    def build(
        self,
        groups: Sequence[Group],
        values: dict[str, dict[str, str]] | None = None,
        **options: Any,
    ) -> Path:
        """Build samples from text; raises what `build` raises."""
        sheet, target = write_groups(self.path("tsv"), groups, values), self.path("h5")
        methcohort.build(sheet, target, config=self.case.config, **self.options, **options)
        return target

    def split(self, groups: Sequence[Group]) -> list[list[Group]]:
        """Some parts of the samples, none empty, in order."""
        n = self.rng.randint(2, min(4, len(groups)))
        cuts = sorted(self.rng.sample(range(1, len(groups)), n - 1))
        return [list(groups[a:b]) for a, b in zip([0, *cuts], [*cuts, len(groups)], strict=True)]

    def changed(self, group: Group) -> Group:
        """The same sample with other rows."""
        old = group.lines[0]
        file = next(file for file in self.case.files if file.name == old[0])
        rows = draw_rows(self.rng, file.writer, cytosines(self.case.genome), self.case.config)
        other = File(file.writer, rows, f"{file.name}_{self._n}", "", file.form)
        self._n += 1
        line = next(iter(write_case(self.rng, self.root, Case({}, {}, [other]))))
        return Group(group.name, ((old[0], line[1], *old[2:]), *group.lines[1:]))

    def grow(
        self, work: Callable[..., Any], groups: Sequence[Group], *rest: Any, **more: Any
    ) -> None:
        """Make the store of some samples; a build of them is refused where this is."""
        try:
            work(*rest, **more, **self.options)
        except methcohort.MethcohortError as error:
            if work is not methcohort.merge or not str(error).endswith(FROM_TEXT):
                with pytest.raises(type(error)):
                    self.build(groups)
            raise

    def expected(self, groups: Sequence[Group], values: dict[str, dict[str, str]]) -> Path:
        """What a build gives of samples that were taken."""
        try:
            return self.build(groups, values)
        except methcohort.MethcohortError as error:
            raise AssertionError(f"taken, but not by a build: {error}") from error

    def merge(self) -> tuple[Path, Path]:
        groups = list(self.groups)
        in_order = self.rng.random() < 0.5
        if in_order:
            values: dict[str, dict[str, str]] = {}
        else:
            self.rng.shuffle(groups)
        parts = self.split(groups)
        stores = []
        for part in parts:
            own = draw_values(self.rng, part)
            stores.append(self.build(part, own))
            if in_order:
                values = over(values, own)
        sheet = None
        if not in_order:
            self.rng.shuffle(groups)
            values = draw_values(self.rng, groups)
            sheet = write_groups(self.path("tsv"), groups, values)
        target = self.path("h5")
        self.grow(methcohort.merge, groups, stores, target, samples=sheet)
        return self.expected(groups, values), target

    def add(self) -> tuple[Path, Path]:
        parts = self.split(self.groups)
        values = draw_values(self.rng, parts[0])
        store = self.build(parts[0], values)
        done = parts[0]
        for part in parts[1:]:
            new = draw_values(self.rng, part)
            values, done = over(values, new), [*done, *part]
            again = [one for one in done if one in part or self.rng.random() < 0.2]
            sheet = write_groups(self.path("tsv"), again, new)
            output = self.path("h5") if self.rng.random() < 0.5 else None
            self.grow(methcohort.add, done, store, sheet, output=output)
            store = output or store
        return self.expected(done, values), store

    def replace(self) -> tuple[Path, Path]:
        values = draw_values(self.rng, self.groups)
        store = self.build(self.groups, values)
        chosen = self.rng.sample(self.groups, self.rng.randint(1, len(self.groups)))
        after = [self.changed(one) if one in chosen else one for one in self.groups]
        part = [new for new, old in zip(after, self.groups, strict=True) if old in chosen]
        self.rng.shuffle(part)
        new = draw_values(self.rng, part)
        sheet = write_groups(self.path("tsv"), part, new)
        self.grow(methcohort.replace, after, store, sheet)
        return self.expected(after, over(values, new)), store

    def remove(self) -> tuple[Path, Path]:
        values = draw_values(self.rng, self.groups)
        store = self.build(self.groups, values)
        left = list(self.groups)
        for _ in range(self.rng.randint(1, 2)):
            gone = self.rng.sample(left, self.rng.randint(1, max(1, len(left) - 1)))
            if len(gone) == len(left):
                break
            left = [one for one in left if one not in gone]
            self.grow(methcohort.remove, left, store, [one.name for one in gone])
        return self.expected(left, values), store

    def earlier(self) -> tuple[Path, Path]:
        before = self.rng.sample(self.groups, self.rng.randint(1, len(self.groups)))
        store = self.build(before, draw_values(self.rng, before))
        after = self.rng.sample(self.groups, self.rng.randint(1, len(self.groups)))
        after = [self._otherwise(one) for one in after]
        values = draw_values(self.rng, after)
        target = store if self.rng.random() < 0.3 else self.path("h5")
        sheet = write_groups(self.path("tsv"), after, values)
        config = self.case.config
        self.grow(methcohort.build, after, sheet, target, config=config, earlier=store)
        return self.expected(after, values), target

    def _otherwise(self, group: Group) -> Group:
        """The same sample, or with another name or other rows."""
        chance = self.rng.random()
        if chance < 0.2:
            return self.changed(group)
        if chance < 0.4 and not group.lines[0][4]:
            name = f"new_{group.name}"
            return Group(name, ((name, *group.lines[0][1:]),))
        return group


FROM_TEXT = "build the store from all text"
"""How `merge` ends what it says of stores that do not hold enough."""

REASONS = (
    "chroms.order: file",
    "sites were left out",
    "found min_samples",
    "look alike",
    "mean different things",
    "set strands: collapse",
    "can be",
    "found no base on the wanted chromosomes",
    "expected a level that only one number of reads gives",
    "expected a row with reads",
    "but so does",
    "found no length of the chromosome",
    "bases in the reference; expected the same",
    "too few to decide",
)
"""Why a cohort, or a part of it, is refused."""

THINGS = (Attempt.merge, Attempt.merge, Attempt.add, Attempt.replace, Attempt.remove,
          Attempt.earlier, Attempt.earlier)  # fmt: skip


class Growth:
    """Cohorts of any callers and options, in stores that are merged, added to, cut down and taken
    from: the bytes are those of a build of all the text."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trial(self, rng: random.Random) -> str:
        """Do one thing with the stores of one cohort."""
        root = self._folder / "trial"
        root.mkdir()
        try:
            with ExitStack() as stack:
                most = rng.choice((BLOCK_SITES, ONE_BLOCK))
                stack.enter_context(small_store_blocks(most))
                attempt = Attempt(rng, root, most)
                return self._outcome(attempt, rng.choice(THINGS))
        finally:
            shutil.rmtree(root)

    def _outcome(self, attempt: Attempt, thing: Any) -> str:
        name = thing.__name__
        with watched() as seen:
            try:
                expected, found = thing(attempt)
            except methcohort.MethcohortError as error:
                why = str(error)
                assert any(words in why for words in REASONS), why
                return f"{name}: refused"
        same_bytes(expected, found, attempt)
        return f"{name}: the same bytes, {seen}"


class DraftGenomes:
    """Stores of genomes of up to 4,000 contigs that are merged, added to, cut down and taken from:
    the bytes are those of a build of all the text."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trial(self, rng: random.Random) -> str:
        """Do one thing with the stores of one cohort."""
        root = self._folder / "draft"
        try:
            contigs = draw_contigs(rng)
            samples = [draw_sample(rng, contigs) for _ in range(rng.randint(2, 6))]
            made = make_cohort(root, samples, form="five_column")
            named = zip(made.names, made.paths, strict=True)
            lines = [[name, str(path), "one", "five_column"] for name, path in named]
            return self._outcome(rng, root, lines)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def _outcome(self, rng: random.Random, root: Path, lines: Sequence[Sequence[str]]) -> str:
        thing, cut = (
            rng.choice(("merge", "add", "remove", "earlier")),
            rng.randint(1, len(lines) - 1),
        )
        options: dict[str, Any] = {"workers": rng.choice((0, 0, 0, 2))}

        def sheet(name: str, chosen: Sequence[Sequence[str]]) -> Path:
            return write_sheet(root / f"{name}.tsv", chosen, ["format"])

        def build(name: str, chosen: Sequence[Sequence[str]], **more: Any) -> Path:
            methcohort.build(sheet(name, chosen), root / f"{name}.h5", **options, **more)
            return root / f"{name}.h5"

        wanted, found = lines, root / "found.h5"
        first = build("first", lines if thing == "remove" else lines[:cut])
        if thing == "merge":
            methcohort.merge([first, build("second", lines[cut:])], found, **options)
        elif thing == "add":
            methcohort.add(first, sheet("second", lines[cut:]), output=found, **options)
        elif thing == "remove":
            wanted = lines[:cut]
            names = [line[0] for line in lines[cut:]]
            methcohort.remove(first, names, output=found, **options)
        else:
            build("found", lines, earlier=first)
        assert build("wanted", wanted).read_bytes() == found.read_bytes(), thing
        return f"{thing}: the same bytes"


def draw_contigs(rng: random.Random) -> dict[str, list[int]]:
    """Names of contigs, and where each has its sites."""
    name = rng.choice(("contig_{}", "NW_{:09d}.1", "{}", "scaffold{}_size"))
    numbers = rng.sample(range(20_000), rng.choice((3, 300, 4000)))
    return {name.format(k): sorted(rng.sample(range(1, 5000), rng.randint(1, 6))) for k in numbers}


def draw_sample(rng: random.Random, contigs: dict[str, list[int]]) -> list[Row]:
    """Rows of a sample at a part of the sites of some contigs."""
    share = rng.choice((0.05, 0.5, 1.0))
    rows: list[Row] = []
    for name, places in contigs.items():
        if rng.random() < share:
            for pos in places:
                c, t = rng.randint(0, 30), rng.randint(1, 30)
                rows.append((name, pos, f"{100 * c / (c + t):.4f}", c, t))
    return rows or [(next(iter(contigs)), 1, "50", 1, 1)]


@dataclass
class Seen:
    """How often samples came from stores, and chunks were copied as they are, in this process."""

    stores: int = 0
    copies: int = 0

    def __str__(self) -> str:
        if not self.stores:
            return "all text read"
        return f"samples from stores{', copied chunks' * (self.copies > 0)}"


@contextmanager
def watched() -> Iterator[Seen]:
    """Note whether samples come from stores, and whether chunks are copied."""
    seen = Seen()
    find, chunk = builder.given_by_stores, StoredArea.chunk

    def sites(*arguments: Any) -> Any:
        seen.stores += 1
        return find(*arguments)

    def copied(*arguments: Any) -> bytes | None:
        data = chunk(*arguments)
        seen.copies += data is not None
        return data

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder, "given_by_stores", sites)
        patch.setattr(StoredArea, "chunk", copied)
        yield seen


def same_bytes(expected: Path, found: Path, attempt: Attempt) -> None:
    """Both files are the same, or the first thing that differs is told."""
    if expected.read_bytes() == found.read_bytes():
        return
    raise AssertionError("\n".join([*differences(expected, found), str(attempt.case.config)]))


def differences(expected: Path, found: Path) -> Iterator[str]:
    """Tell what differs between two stores."""
    with h5py.File(expected) as one, h5py.File(found) as two:
        for name in sorted({*one.attrs, *two.attrs}):
            if str(one.attrs.get(name)) != str(two.attrs.get(name)):
                yield f"{name}: {one.attrs.get(name)} {two.attrs.get(name)}"
        names: set[str] = set()
        for file in (one, two):
            file.visit(names.add)
        for name in sorted(names):
            if name not in one or name not in two:
                yield f"{name} is missing"
            elif isinstance(one[name], h5py.Dataset):
                a, b = one[name], two[name]
                if a.dtype != b.dtype or a.shape != b.shape:
                    yield f"{name}: {a.dtype} {a.shape} and {b.dtype} {b.shape}"
                elif a[...].tobytes() != b[...].tobytes():
                    yield f"{name}: {str(a[...])[:300]} and {str(b[...])[:300]}"
        yield "bytes of the files"
