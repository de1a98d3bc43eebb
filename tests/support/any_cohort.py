"""Random cohorts, each file as a random caller writes it, and a slow and obvious answer."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from callers import Row, cytosines, make_genome, write_fasta
from cohorts import compress, strings
from genomes import kind as kind_of
from oracle import natural_key
from writers import BITS, BOTH, MINUS, WRITERS, Writer

CPG = BITS["CpG"]


ANY = sum(BITS.values())


CONTEXTS = {0: 0, BITS["CpG"]: 1, BITS["CHG"]: 2, BITS["CHH"]: 3}


STYLES = {"chr1": "1", "chr2": "2", "chr10": "10"}


ALIKE = {"biscuit_bed_counts": {"bismark_zero_cov", "methyldackel_bedgraph"}}


Key = tuple[str, int]


Values = tuple[int, int, np.float32, int]


NONE: Values = (0, 0, np.float32("nan"), 0)


@dataclass
class File:
    """A file of a cohort: who wrote it, its rows, and in which row of the sheet it is."""

    writer: Writer
    rows: list[Row]
    name: str
    merge_as: str
    form: str


@dataclass
class Case:
    """A cohort, its options, and the genome it is of, by the names of the store."""

    config: dict[str, Any]
    genome: dict[str, str]
    files: list[File]


@dataclass
class Answer:
    """What a store must hold: sites with their kinds, and rows and counts of each sample.

    `agree` says whether any part of the rows tells the same of the sites that it has.
    """

    chroms: list[str]
    kinds: dict[Key, int]
    samples: dict[str, tuple[dict[Key, Values], Counter[str]]]
    agree: bool


def store_name(name: str) -> str:
    return name if name.startswith("chr") else f"chr{name}"


def draw_rows(rng: random.Random, writer: Writer, found: list[Row], config: Any) -> list[Row]:
    """Rows that a caller can write, some of them twice where the options allow it."""
    rows, share, deep = [], rng.choice((0.1, 0.6, 0.95)), rng.choice((1, 3, 40, 70_000))
    for row in found:
        if row.context not in writer.only or (writer.merged and row.strand == "-"):
            continue
        n = rng.randint(1, min(deep, writer.most)) * (not writer.zero or rng.random() < 0.9)
        c = rng.choice((0, n, rng.randint(0, n)))
        if rng.random() < share or not rows:
            strand = "both" if writer.merged else row.strand
            rows.append(replace(row, strand=strand, c=c, t=n - c + (n == 0 and not writer.zero)))
    if config["duplicates"] != "error" and rng.random() < 0.3:
        rows = sorted(rows + rng.choices(rows, k=3), key=lambda row: (row.chrom, row.pos))
    if rng.random() < 0.2:
        rng.shuffle(rows)
    return rows


def draw_case(rng: random.Random, root: Path) -> Case:
    """Draw a genome, options, and files that the options can be used with."""
    genome = make_genome(rng.randrange(10**6), dict.fromkeys(STYLES, rng.choice((60, 400))))
    config: dict[str, Any] = {
        "strands": rng.choice(("keep", "keep", "collapse")),
        "contexts": rng.choice(([], [], ["CpG"], ["CHG", "CHH"])),
        "duplicates": rng.choice(("error", "sum", "first")),
        "uncovered": rng.choice(("drop", "keep")),
        "layers": rng.choice((["c", "t", "pct"], ["c", "t"])),
        "chroms": rng.choice(({}, {"exclude": ["chr2"]}, {"include": ["chr1*"]})),
    }
    if rng.random() < 0.5:
        config["reference"] = str(write_fasta(root / "genome.fa.gz", genome))
    known = "reference" in config
    config["sites"] = rng.choice(("union", "union", "intersection", "reference")[: 3 + known])
    if config["sites"] == "reference":
        config["off_reference"] = rng.choice(("drop", "keep"))
    names = {name: name for name in STYLES}
    if rng.random() < 0.3:
        names = STYLES
        (root / "aliases").write_text("".join(f"{v}\t{k}\n" for k, v in STYLES.items()))
        config["aliases"] = str(root / "aliases")
    collapses = config["strands"] == "collapse"
    merged = rng.random() < 0.3
    fitting = [
        writer
        for writer in WRITERS
        if (writer.merged == merged or collapses)
        and (writer.context or known or not (config["contexts"] or collapses))
        and (writer.strand or writer.merged or known or not collapses)
    ]
    files = []
    for k in range(rng.randint(1, 5)):
        writer = rng.choice(fitting)
        rows = draw_rows(rng, writer, cytosines(genome), config)
        style = rng.choice((dict(zip(names, names, strict=True)), names))
        rows = [replace(row, chrom=style[row.chrom]) for row in rows]
        merge_as = rng.choice(("", "", "one"))
        always = writer.merged or writer.named
        form = writer.form if always or rng.random() < 0.5 else "auto"
        files.append(File(writer, rows, f"s{k}", merge_as, form))
    return Case(config, genome, files)


def add(before: Values | None, c: int, t: int, pct: float, kind: int) -> Values:
    """The values of rows at one site, added up."""
    if before is None:
        return c, t, np.float32(pct), kind
    c, t = before[0] + c, before[1] + t
    return c, t, np.float32(100.0 * c / (c + t) if c + t else np.nan), before[3] | kind


class Oracle:
    """The slow answer to one case."""

    def __init__(self, case: Case) -> None:
        self.config, self.genome, self.files = case.config, case.genome, case.files
        self.bits = sum(BITS[name] for name in self.config["contexts"])
        self.collapses = self.config["strands"] == "collapse"

    def wanted(self, name: str) -> bool:
        chroms = self.config["chroms"]
        return name not in chroms.get("exclude", []) and (
            name.startswith("chr1") or "include" not in chroms
        )

    def kind_at(self, key: Key) -> int:
        """What the reference has at a position."""
        known = "reference" in self.config and self.wanted(key[0])
        return kind_of(self.genome[key[0]], key[1]) if known else 0

    def read(self, file: File) -> tuple[dict[Key, Values], Counter[str]]:
        """The rows of a file, and what became of others."""
        rows: dict[Key, Values] = {}
        n: Counter[str] = Counter()
        for row in file.rows:
            key, kind = (store_name(row.chrom), row.pos), file.writer.kind(row)
            n["n_rows"] += 1
            if not self.wanted(key[0]):
                n["n_dropped_chroms"] += 1
            elif self.bits and file.writer.context and not kind & self.bits:
                n["n_dropped_contexts"] += 1
            elif row.n == 0 and self.config["uncovered"] == "drop":
                n["n_dropped_uncovered"] += 1
            elif key in rows and self.config["duplicates"] == "first":
                n["n_dropped_duplicates"] += 1
            else:
                n["n_summed_duplicates"] += key in rows
                pct = row.pct if row.n else np.nan
                if file.writer.form == "five_column" and row.n:
                    pct = float(file.writer.line(row).split()[2])
                rows[key] = add(rows.get(key), row.c, row.t, pct, kind)
        return rows, n

    def annotate(self, file: File, rows: dict[Key, Values], n: Counter[str]) -> dict[Key, Values]:
        """Strands and contexts of the reference, and what follows from them."""
        writer = file.writer
        if self.config["sites"] == "reference":
            n["n_off_reference"] = sum(not self.kind_at(key) & (self.bits or CPG) for key in rows)
        chosen = self.bits and not writer.context
        lacks = not (writer.context and (writer.strand or writer.merged))
        if "reference" in self.config and (chosen or (self.collapses and lacks)):
            rows = {key: (*row[:3], row[3] | self.kind_at(key)) for key, row in rows.items()}
            kept = {key: row for key, row in rows.items() if row[3] & self.bits or not chosen}
            n["n_dropped_contexts"] += len(rows) - len(kept)
            rows = kept
        return self.collapsed(rows, n) if self.collapses else rows

    def collapsed(self, rows: dict[Key, Values], n: Counter[str]) -> dict[Key, Values]:
        """The rows with both strands of a CpG in one."""
        found: dict[Key, Values] = {}
        for key in sorted(rows):
            c, t, pct, kind = rows[key]
            to = (key[0], key[1] - (kind & (BOTH | CPG) == MINUS | CPG))
            n["n_collapsed"] += to in found
            found[to] = add(found.get(to), c, t, pct, kind | BOTH * bool(kind & CPG))
        return found

    def sites(self, samples: list[dict[Key, Values]]) -> set[Key]:
        """The sites of the store."""
        seen = Counter(key for rows in samples for key in rows)
        if self.config["sites"] != "reference":
            needed = len(samples) if self.config["sites"] == "intersection" else 1
            return {key for key, times in seen.items() if times >= needed}
        every = ((name, k + 1) for name, s in self.genome.items() for k in range(len(s)))
        listed = {
            key
            for key in every
            if self.kind_at(key) & (self.bits or CPG)
            and not (self.collapses and self.kind_at(key) & (BOTH | CPG) == MINUS | CPG)
        }
        return listed | (set(seen) if self.config["off_reference"] == "keep" else set())

    def answer(self) -> Answer:
        samples: dict[str, tuple[dict[Key, Values], Counter[str]]] = {}
        for file in self.files:
            rows, n = self.read(file)
            rows = self.annotate(file, rows, n)
            before, counts = samples.setdefault(file.merge_as or file.name, ({}, Counter()))
            counts.update(n)
            for key, row in rows.items():
                counts["n_summed_replicates"] += key in before
                before[key] = add(before.get(key), *row)
        sites = self.sites([rows for rows, _ in samples.values()])
        chroms = sorted({name for name, _ in sites}, key=natural_key)
        kinds = {}
        for key in sorted(sites, key=lambda key: (chroms.index(key[0]), key[1])):
            kinds[key] = self.site_kind(key)
            for rows, _ in samples.values():
                kinds[key] |= rows.get(key, NONE)[3]
        for rows, n in samples.values():
            placed = [rows[key] for key in kinds if key in rows]
            n["n_dropped_sites"] = len(rows) - len(placed)
            n["n_sites"] = sum(row[0] + row[1] > 0 for row in placed)
            n["sum_c"], n["sum_t"] = (sum(row[k] for row in placed) for k in (0, 1))
            n["largest_count"] = max((count for row in placed for count in row[:2]), default=0)
        agree = all(
            self.agrees(key, [rows[key] for rows, _ in samples.values() if key in rows])
            for key in kinds
        )
        return Answer(chroms, kinds, samples, agree)

    def site_kind(self, key: Key) -> int:
        """What the reference has at a site of the store."""
        kind = self.kind_at(key)
        return kind | BOTH if self.collapses and kind & CPG else kind

    def agrees(self, key: Key, rows: list[Values]) -> bool:
        """Whether the reference tells all that rows tell of a site, or all tell the same."""
        known = self.site_kind(key)
        if known:
            return all(row[3] | known == known for row in rows)
        return len({row[3] for row in rows}) <= 1


def assert_holds(path: Path, case: Case, answer: Answer) -> None:
    """The store has the sites, values and counts of the answer, and no others."""
    with h5py.File(path) as store:
        assert strings(store["chroms/name"]) == answer.chroms
        assert store["sites/pos"][...].tolist() == [pos for _, pos in answer.kinds]
        sizes = Counter(name for name, _ in answer.kinds)
        assert np.diff(store["chroms/offset"]).tolist() == [sizes[name] for name in answer.chroms]
        kinds = list(answer.kinds.values())
        assert ("strand" in store["sites"]) == any(kinds)
        if any(kinds):
            assert store.attrs["rows-agree"] == (b"yes" if answer.agree else b"no")
            assert store["sites/strand"][...].tolist() == [kind & BOTH for kind in kinds]
            contexts = [CONTEXTS.get(kind & ANY, 4) for kind in kinds]
            assert store["sites/context"][...].tolist() == contexts
        assert strings(store["samples/name"]) == list(answer.samples)
        for i, (rows, n) in enumerate(answer.samples.values()):
            for k, layer in enumerate(case.config["layers"]):
                want = np.array([rows.get(key, NONE)[k] for key in answer.kinds])
                np.testing.assert_array_equal(store["layers"][layer][i], want, err_msg=layer)
            found = {
                key: int(store["samples"][key][i]) for key in store["samples"] if key[:2] != "na"
            }
            assert found == {key: n[key] for key in found}
        listed = {name: k for k, name in enumerate(strings(store["inputs/name"]))}
        for file in case.files:
            k, form = listed[file.name], file.writer.form
            assert strings(store["inputs/format"])[k] in {form, *ALIKE.get(form, ())}
            assert store["inputs/base"][k] == file.writer.base


def write_case(rng: random.Random, root: Path, case: Case) -> Iterator[list[str]]:
    """Write the files of a case, packed in any way; yield the rows of its sheet."""
    for file in case.files:
        path = root / f"{file.name}.txt"
        packing = rng.choice(("none", "gzip", "multi", "bgzip"))
        path.write_bytes(compress(file.writer.text(file.rows).encode(), packing))
        yield [file.name, str(path), "one", file.form, file.merge_as]
