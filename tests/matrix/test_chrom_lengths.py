"""The lengths of chromosomes: where they come from, what contradicts them, and that they stay."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scattering
from cohorts import Row, write_sample, write_sheet
from genomes import fasta
from growing_stores import edited

import methcohort
from methcohort.core.errors import ConfigError, InputError, StoreError

LENGTHS = {"chr1": 900, "chr2": 400, "chr10": 300, "chrUn": 70}
SITES = {"chr1": range(1, 900, 7), "chr2": range(5, 400, 9), "chr10": range(2, 300, 11)}


def rows(skip: str = "", step: int = 1) -> list[Row]:
    """A sample's rows, without those of a chromosome."""
    return [
        (chrom, pos, "50", 1, 1)
        for chrom, sites in SITES.items()
        if chrom != skip
        for pos in list(sites)[::step]
    ]


class Made:
    """Samples of which the last alone has sites on chr2, and files with lengths."""

    def __init__(self, root: Path) -> None:
        self.root = root
        parts = [rows("chr2"), rows("chr2", 2), rows()]
        for k, part in enumerate(parts):
            write_sample(root / f"s{k}.txt", part)
        self.sizes = self.table("chrom.sizes", LENGTHS)

    def table(self, name: str, lengths: dict[str, int]) -> str:
        """A file as UCSC has it."""
        text = "".join(f"{chrom}\t{length}\n" for chrom, length in lengths.items())
        (self.root / name).write_text(text)
        return str(self.root / name)

    def genome(self, name: str, lengths: dict[str, int]) -> str:
        """A reference with a C at each site, as far as it goes."""
        bases = {}
        for chrom, length in lengths.items():
            sites = {pos for pos in SITES.get(chrom, ()) if pos <= length}
            bases[chrom] = "".join("C" if k in sites else "A" for k in range(1, length + 1))
        (self.root / name).write_bytes(fasta(bases))
        return str(self.root / name)

    def sheet(self, *chosen: int) -> Path:
        lines = [[f"s{k}", str(self.root / f"s{k}.txt"), "o"] for k in chosen]
        return write_sheet(self.root / f"sheet{''.join(map(str, chosen))}.tsv", lines)

    def build(self, *chosen: int, name: str = "store", **config: Any) -> Path:
        path = self.root / f"{name}{''.join(map(str, chosen))}.h5"
        methcohort.build(self.sheet(*chosen), path, config=config, workers=0)
        return path


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def lengths_of(path: Path) -> dict[str, int] | None:
    """Lengths by the names of chromosomes, read with h5py alone."""
    with h5py.File(path) as file, methcohort.open_store(path) as store:
        if "length" not in file["chroms"]:
            assert store.chrom_lengths is None
            return None
        assert file["chroms/length"].dtype == np.int64
        found = file["chroms/length"][...].tolist()
        assert store.chrom_lengths is not None
        assert store.chrom_lengths.tolist() == found
        return dict(zip(store.chroms, found, strict=True))


THREE = {name: LENGTHS[name] for name in SITES}


def test_from_a_table(made: Made) -> None:
    """All chromosomes in the order of the store; the digest is that of the store without them."""
    plain = made.build(0, 1, 2, name="plain")
    path = made.build(0, 1, 2, chrom_sizes=made.sizes)
    assert lengths_of(plain) is None
    assert lengths_of(path) == THREE
    with methcohort.open_store(path) as store:
        last = [max(SITES[name]) for name in store.chroms]
        assert store.last_positions.tolist() == last
    assert methcohort.verify(path, inputs=True, workers=0) == methcohort.verify(plain)
    shown = methcohort.info(path)
    assert [(one["name"], one["length"]) for one in shown["chroms"]] == list(THREE.items())
    assert shown["provenance"]["config"]["chrom_sizes"] == made.sizes
    assert set(shown["provenance"]["chrom_sizes"]) == {"path", "sha256"}
    assert "chrom_sizes" not in methcohort.info(plain)["provenance"]["config"]
    assert "length" not in methcohort.info(plain)["chroms"][0]


def test_info_shows_them(made: Made, run: Any) -> None:
    path = made.build(0, 1, chrom_sizes=made.sizes)
    said = run("info", path).stdout
    assert "lengths    chr1 (900), chr10 (300)\n" in said
    assert f"lengths of {made.sizes}, sha256:" in said
    said = run("info", made.build(0, name="plain")).stdout
    assert "chroms     chr1 (129), chr10 (28)\n" in said
    assert "\nlengths" not in said


def test_from_other_files(made: Made) -> None:
    """An index of a FASTA file, compressed, with other names and comments."""
    text = "#name\tlength\n\n1\t900\t5\t60\t61\n2\t400\t9\t60\t61\n10\t300\t12\t60\t61\n"
    path = made.root / "genome.fa.fai.gz"
    path.write_bytes(gzip.compress(text.encode()))
    aliases = made.root / "aliases.tsv"
    aliases.write_text("1\tchr1\n2\tchr2\n10\tchr10\n")
    config = {"chrom_sizes": str(path), "aliases": str(aliases)}
    assert lengths_of(made.build(0, 1, 2, **config)) == THREE


def test_from_the_reference(made: Made) -> None:
    """A table goes before the reference, which it must not contradict."""
    reference = made.genome("g.fa", LENGTHS)
    path = made.build(0, 1, 2, reference=reference)
    assert lengths_of(path) == THREE
    methcohort.verify(path, inputs=True, workers=0)
    few = made.genome("few.fa", {"chr1": 900, "chr10": 300})
    config = {"reference": few, "base_check": "warn", "chrom_sizes": made.sizes}
    assert lengths_of(made.build(0, 1, 2, **config)) == THREE
    other = made.table("other.sizes", LENGTHS | {"chr2": 401})
    with pytest.raises(InputError, match=r"length 401 of chr2, which has 400 bases in the refer"):
        made.build(0, 1, 2, reference=reference, chrom_sizes=other)


@pytest.mark.parametrize("wrong", [{"chr1": 900, "chr10": 300}, {**THREE, "chr2": 100}])
def test_reference_that_does_not_know_them_all(
    made: Made, wrong: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    """No length is stored, and a site beyond the end is named."""
    config = {"reference": made.genome("g.fa", wrong), "base_check": "warn"}
    path = made.build(0, 1, 2, **config)
    assert lengths_of(path) is None
    said = [one.getMessage() for one in caplog.records if "beyond the end" in one.getMessage()]
    assert len(said) == ("chr2" in wrong)
    assert all("the site chr2:392 is beyond the end of chr2, which has 100" in one for one in said)
    # What was wrong goes with the sample that had it, as in a build from all text.
    removed = made.root / "removed.h5"
    methcohort.remove(path, ["s2"], output=removed, workers=0)
    assert removed.read_bytes() == made.build(0, 1, name="fresh", **config).read_bytes()
    assert lengths_of(removed) == {"chr1": 900, "chr10": 300}
    Path(config["reference"]).unlink()
    with pytest.raises(InputError, match=r"g\.fa: does not exist"):
        methcohort.remove(path, ["s2"], output=removed, workers=0)


@pytest.mark.parametrize(
    ("text", "match"),
    {
        "chr1\t900\nchr10\t300\n": r"found no length of the chromosome chr2; expected one for each",
        "chr1\t900\n": r"no length of the chromosome chr2 and 1 more; ",
        "chr1\t900\nchr2\t391\nchr10\t300\n": r"length 391 of chr2, but a site at chr2:392; ",
        "chr1\t900\nchr1\t900\n": r"line 2: found 'chr1' a second time; expected one length",
        "chr1 chr2\n": r"line 1: found 'chr1 chr2'; expected the name of a chromosome and its len",
        "chr1\n": r"line 1: found 'chr1'; expected the name",
        "chr1\t0\n": r"line 1: found 'chr1.t0'; expected the name",
        "chr1\t-3\n": r"line 1: found .*; expected the name",
        "chr1\t1e3\n": r"line 1: found .*; expected the name",
        "chr1\t" + "9" * 30 + "\n": r"line 1: found .*; expected the name",
        "# nothing\n": r"found no chromosome; expected names and lengths",
        ">chr1\nACGT\n": r"line 1: ",
        "": r"the file is empty",
    }.items(),
)
def test_tables_that_do_not_fit(made: Made, text: str, match: str) -> None:
    path = made.root / "bad.sizes"
    path.write_text(text)
    with pytest.raises(InputError, match=match) as caught:
        made.build(0, 1, 2, chrom_sizes=str(path))
    assert str(caught.value).startswith(str(path))
    assert not (made.root / "store012.h5").exists()
    with pytest.raises(InputError, match=r"nothing\.here"):
        made.build(0, chrom_sizes="nothing.here")


def test_growth(made: Made) -> None:
    """Stores that grow have the bytes of a build from all text."""
    config = {"chrom_sizes": made.sizes}
    whole = made.build(0, 1, 2, **config).read_bytes()
    first, rest = made.build(0, 1, **config), made.build(2, **config)
    out = made.root / "out.h5"
    methcohort.merge([first, rest], out, workers=0)
    assert out.read_bytes() == whole
    methcohort.add(first, made.sheet(2), output=out, workers=0)
    assert out.read_bytes() == whole
    methcohort.build(made.sheet(0, 1, 2), out, config=config, earlier=first, workers=0)
    assert out.read_bytes() == whole
    Path(made.sizes).rename(made.root / "away")
    methcohort.remove(out, ["s2"], output=out, workers=0)
    assert out.read_bytes() == first.read_bytes()
    methcohort.merge([first, rest], out, workers=0)
    assert out.read_bytes() == whole
    with pytest.raises(InputError, match=r"chrom\.sizes: does not exist"):
        methcohort.add(first, made.sheet(2), output=out, workers=0)


def test_other_lengths_do_not_mix(made: Made) -> None:
    """Stores made with other tables are not merged, nor taken, nor verified against their text."""
    first = made.build(0, 1, chrom_sizes=made.sizes)
    made.table("chrom.sizes", LENGTHS | {"chr1": 901})
    rest = made.build(2, chrom_sizes=made.sizes)
    out = made.root / "out.h5"
    with pytest.raises(ConfigError, match="another chrom_sizes file"):
        methcohort.merge([first, rest], out, workers=0)
    with pytest.raises(ConfigError, match=r"chrom_sizes: .* \(not "):
        methcohort.merge([first, made.build(2, name="plain")], out, workers=0)
    with pytest.raises(StoreError, match=r"chrom\.sizes: has other bytes"):
        methcohort.verify(first, inputs=True, workers=0)
    methcohort.build(
        made.sheet(0, 1), out, config={"chrom_sizes": made.sizes}, earlier=first, workers=0
    )
    assert lengths_of(out) == {"chr1": 901, "chr10": 300}


@pytest.mark.parametrize("of", ["table", "reference", "neither"])
def test_scattered(made: Made, of: str) -> None:
    """A build in parts has the same bytes."""
    config = {
        "table": {"chrom_sizes": made.sizes},
        "reference": {"reference": made.genome("g.fa", LENGTHS)},
        "neither": {"reference": made.genome("few.fa", {"chr1": 900}), "base_check": "off"},
    }[of]
    whole = made.build(0, 1, 2, **config)
    assert (lengths_of(whole) is None) == (of == "neither")
    parts = scattering.build(made.sheet(0, 1, 2), made.root / "parts", 2, config=config)
    assert parts.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("change", "match"),
    {
        "short": (
            lambda file: file["chroms/length"].__setitem__(1, 280),
            r"the length of chr10 is 280; its last site is at 299",
        ),
        "zero": (
            lambda file: file["chroms/length"].__setitem__(0, 0),
            r"/chroms/length has values below 1",
        ),
        "gone": (
            lambda file: file["chroms"].__delitem__("length"),
            r"has no lengths of chromosomes, though it was made with chrom_sizes",
        ),
    }.values(),
    ids=["short", "zero", "gone"],
)
def test_forged_lengths(made: Made, change: Any, match: str) -> None:
    """They are held against the positions, by verify and by whatever takes samples."""
    path = edited(made.build(0, 1, chrom_sizes=made.sizes), change)
    with pytest.raises(StoreError, match=match):
        methcohort.verify(path)
    with pytest.raises(StoreError, match=r"length|chrom_sizes"):
        methcohort.remove(path, ["s1"], output=made.root / "out.h5", workers=0)
    assert not (made.root / "out.h5").exists()


def test_lengths_that_the_text_does_not_give(made: Made) -> None:
    """verify --inputs derives them again."""
    path = made.build(0, 1, chrom_sizes=made.sizes)
    path = edited(path, lambda file: file["chroms/length"].__setitem__(0, 905))
    methcohort.verify(path)
    match = r"gives the chromosome lengths chr1 900, chr10 300; the store has chr1 905, chr10 300"
    with pytest.raises(StoreError, match=match):
        methcohort.verify(path, inputs=True, workers=0)


def test_no_chromosomes(made: Made) -> None:
    """An empty store has an empty list of lengths."""
    path = made.build(0, chrom_sizes=made.sizes, chroms={"include": ["chrX"]})
    assert lengths_of(path) == {}
    methcohort.verify(path)
    copy = shutil.copy(path, made.root / "copy.h5")
    assert json.dumps(methcohort.info(copy)["chroms"]) == "[]"
