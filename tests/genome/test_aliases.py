"""Names of chromosomes: tables, files of aliases, and cohorts that mix styles."""

import gzip
import pickle
from pathlib import Path

import pytest
from cohorts import write_sample, write_sheet

import methcohort
from methcohort.core.errors import ConfigError, InputError
from methcohort.genome import names as aliases_module
from methcohort.genome.names import (
    STYLES,
    TABLES,
    Aliases,
    Named,
    load_aliases,
    refuse_mixed,
    renamed,
)

SIZES = {"GRCh37": 298, "GRCh38": 710, "GRCm38": 66, "GRCm39": 61}
CHR1 = {
    "GRCh37": "NC_000001.10",
    "GRCh38": "NC_000001.11",
    "GRCm38": "NC_000067.6",
    "GRCm39": "NC_000067.7",
}


@pytest.mark.parametrize("table", TABLES)
def test_tables_map_every_style_to_each(table: str) -> None:
    """All names of a sequence become one name, other sequences others."""
    for style, name in zip(STYLES, ("chr1", "1", CHR1[table]), strict=True):
        aliases = load_aliases(f"{table}:{style}")
        assert {aliases(other) for other in ("chr1", "1", CHR1[table])} == {name}
        assert len(set(aliases.names.values())) == SIZES[table]
        assert all(aliases(aliases(name)) == aliases(name) for name in aliases.names)
    assert load_aliases(table).names == load_aliases(f"{table}:ucsc").names


@pytest.mark.parametrize(
    ("text", "given", "wanted"),
    [
        ("GRCh38", "KI270706.1", "chr1_KI270706v1_random"),
        ("GRCh38", "HSCHR1_CTG1_UNLOCALIZED", "chr1_KI270706v1_random"),
        ("GRCh38:ensembl", "chr1_KI270706v1_random", "KI270706.1"),
        ("GRCh38:refseq", "chr1_KI270706v1_random", "NT_187361.1"),
        ("GRCh38:refseq", "chrUn_KI270752v1", "NT_187507.1"),
        ("GRCh37", "GL000191.1", "chr1_gl000191_random"),
        ("GRCm38", "GL456210.1", "chr1_GL456210_random"),
        ("GRCm39", "GL456210.1", "chr1_GL456210v1_random"),
        ("GRCm39:refseq", "MU069434.1", "NW_023337852.1"),
        ("GRCh38", "lambda", "lambda"),
    ],
)
def test_scaffolds(text: str, given: str, wanted: str) -> None:
    """Scaffolds have their accession in Ensembl's style; what is not known stays."""
    assert load_aliases(text)(given) == wanted


def test_the_mitochondrion_of_hg19_is_not_that_of_grch37() -> None:
    """NC_001807 and NC_012920 have different lengths: one must never become the other."""
    aliases = load_aliases("GRCh37")
    assert [aliases(name) for name in ("MT", "NC_012920.1", "chrMT")] == ["chrMT"] * 3
    assert [aliases(name) for name in ("chrM", "NC_001807.4")] == ["chrM"] * 2
    assert load_aliases("GRCh37:ensembl")("chrM") != "MT"
    assert load_aliases("GRCh38")("MT") == "chrM"
    refuse_mixed([Named("a", ["chrM", "chrMT"])], Aliases())
    refuse_mixed([Named("a", ["MT"]), Named("b", ["chrM"])], load_aliases("GRCh37:ensembl"))
    with pytest.raises(InputError, match="'chrM'"):
        refuse_mixed([Named("a", ["MT"]), Named("b", ["chrM"])], Aliases())


def test_unknown_styles_and_tables(tmp_path: Path) -> None:
    """What may be written is said."""
    with pytest.raises(ConfigError, match="ucsc, ensembl, refseq"):
        load_aliases("GRCh38:gencode")
    with pytest.raises(InputError, match=r"does not exist.*did you mean GRCh38"):
        load_aliases("hg38")
    with pytest.raises(InputError, match="GRCh37, GRCh38, GRCm38, GRCm39"):
        load_aliases(str(tmp_path / "none.txt"))


def test_file_of_aliases(tmp_path: Path) -> None:
    """Two columns, tabs or blanks, comments; the name in the store needs no line of its own."""
    path = tmp_path / "names.txt"
    path.write_text("# from to\n1\tchr1\n\n2   chr2\nchr2\tchr2\n1 chr1\n", encoding="utf-8")
    aliases = load_aliases(str(path))
    assert [aliases(name) for name in ("1", "2", "chr2", "3")] == ["chr1", "chr2", "chr2", "3"]
    assert len(aliases.sha256) == 64
    again = pickle.loads(pickle.dumps(aliases))
    assert again == aliases
    built_in = load_aliases("GRCh38")
    assert len(pickle.dumps(built_in)) < 200
    assert pickle.loads(pickle.dumps(built_in)) == built_in


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("1 chr1\n2 chr2\n1 chrX\n", 3, "'chr1' by line 1"),
        ("1 2\n2 1\n", 1, "line 2 calls '2' '1'"),
        ("1 a\nx y\na b\n", 1, "line 3 calls 'a' 'b'"),
        ("1 chr1\n2\n", 2, "found 1 fields"),
        ("1 chr1 x\n", 1, "found 3 fields"),
        ("1 chr\x01\n", 1, "control character"),
    ],
)
def test_faults_name_the_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    """Contradictions, chains and cycles are errors."""
    path = tmp_path / "names.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_aliases(str(path))
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert words in str(caught.value)


def test_too_long_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can make a build keep names without end, however small it is packed."""
    monkeypatch.setattr(aliases_module, "MAX_ALIASES_BYTES", 1000)
    path = tmp_path / "aliases.gz"
    line = b"1\tchr1 \n"
    path.write_bytes(gzip.compress(line * 125))
    assert load_aliases(str(path))("1") == "chr1"
    path.write_bytes(gzip.compress(line * 126))
    with pytest.raises(InputError, match="line 126: found more than 1,000 bytes"):
        load_aliases(str(path))


@pytest.mark.parametrize("key", ["aliases", "reference"])
def test_paths_that_lead_nowhere(tmp_path: Path, key: str) -> None:
    """A path that the system does not take is a sentence."""
    sheet = write_sheet(tmp_path / "samples.tsv", [("a", str(tmp_path / "a"), "one")])
    write_sample(tmp_path / "a", [("chr1", 1, "50", 1, 1)])
    for path in (tmp_path / "none" / "file", tmp_path / "a" / "file", tmp_path / ("x" * 5000)):
        with pytest.raises(InputError, match=r"does not exist|cannot be read"):
            methcohort.build(sheet, tmp_path / "s.h5", config={key: str(path)}, workers=0)


def test_two_names_of_one_file_become_one() -> None:
    """Rows of two chromosomes are never put together."""
    aliases = load_aliases("GRCh38")
    assert renamed(["1", "chr2", "x"], aliases, "f") == ["chr1", "chr2", "x"]
    with pytest.raises(InputError, match=r"f: found the chromosomes '1' and 'chr1'.*'chr1' by"):
        renamed(["1", "2", "chr1"], aliases, "f")


@pytest.mark.parametrize(
    ("names", "aliases", "words"),
    [
        (("chr1", "1"), "", "set aliases: that of GRCh37, GRCh38, GRCm38, GRCm39"),
        (("1", "Chr1"), "", "b: found the chromosome 'Chr1', which is '1' in a"),
        (("chr1", "NC_000001.11"), "", "set aliases: GRCh38, or a file"),
        (("chr1_KI270706v1_random", "KI270706.1"), "", "set aliases: GRCh38"),
        (("MT", "chrM"), "", "'chrM'"),
        (("scaffold_7", "chrscaffold_7"), "", "set aliases to a file of two columns"),
        (("chr7", "7"), "names.txt", "the aliases names.txt do not make them one"),
    ],
)
def test_mixed_styles(names: tuple[str, str], aliases: str, words: str) -> None:
    """Both names, a file of each and the remedy are told, whichever file comes first."""
    files = [Named("a", ["x", names[0]]), Named("b", [names[1], "y"])]
    for listed in (files, files[::-1]):
        with pytest.raises(InputError) as caught:
            refuse_mixed(listed, Aliases(aliases))
        assert all(repr(name) in str(caught.value) for name in names)
        assert "expected one name for a chromosome" in str(caught.value)
    with pytest.raises(InputError) as caught:
        refuse_mixed(files, Aliases(aliases))
    assert words in str(caught.value)
    with pytest.raises(InputError, match="a: found one chromosome as"):
        refuse_mixed([Named("a", names)], Aliases(aliases))


@pytest.mark.parametrize(
    "names",
    [
        ("chr1", "chr10"),
        ("1", "10", "X"),
        ("chr1", "chr1_random", "chr1_KI270706v1_random"),
        ("scaffold_1", "scaffold_11", "1"),
        ("contig1", "1", "chromosomal1", "01"),
        ("chr1", "lambda", "pUC19", "chrL"),
        ("MT", "chrMU"),
    ],
)
def test_similar_names_are_others(names: tuple[str, ...]) -> None:
    """Names that merely look alike say nothing."""
    refuse_mixed([Named("a", names), Named("b", names[::-1])], Aliases())


def calls(chroms: list[str], n: int = 40) -> list[tuple[str, int, str, int, int]]:
    """Rows at the same positions of each chromosome."""
    return [(chrom, 10 * k + 1, "50", 1, 1) for chrom in chroms for k in range(n)]


def sheet_of(root: Path, *files: list[str]) -> Path:
    """A sheet of files with rows on these chromosomes."""
    paths = [write_sample(root / f"{k}.txt", calls(names)) for k, names in enumerate(files)]
    return write_sheet(root / "s.tsv", [(f"s{k}", str(p), "one") for k, p in enumerate(paths)])


@pytest.mark.parametrize("workers", [0, 2])
def test_three_styles_in_one_store(tmp_path: Path, workers: int) -> None:
    """Patterns see the names of the store; what was renamed and kept is counted."""
    sheet = sheet_of(
        tmp_path, ["1", "2", "MT"], ["NC_000001.11", "chr2", "chrM"], ["chr1", "chr2", "lambda"]
    )
    config = {"aliases": "GRCh38", "chroms": {"include": ["chr*"], "exclude": ["chrM"]}}
    methcohort.build(sheet, tmp_path / "x.h5", config=config, workers=workers)
    with methcohort.open_store(tmp_path / "x.h5") as store:
        assert store.chroms == ("chr1", "chr2")
        assert store.n_sites == 80
        assert store.inputs["n_renamed"] == (80, 40, 0)
        assert store.inputs["n_kept"] == (80, 80, 80)
        assert store.inputs["n_dropped_chroms"] == (40, 40, 40)
    methcohort.verify(tmp_path / "x.h5", inputs=True)


def test_a_build_stops_at_two_styles(tmp_path: Path) -> None:
    """Without aliases, both names and both files are told, and nothing is written."""
    sheet = sheet_of(tmp_path, ["chr1", "chr2"], ["1", "2"])
    with pytest.raises(InputError) as caught:
        methcohort.build(sheet, tmp_path / "x.h5", workers=0)
    message = str(caught.value)
    for words in ("'chr1'", "'1'", "0.txt", "1.txt", "1 more such pair", "set aliases"):
        assert words in message
    assert not (tmp_path / "x.h5").exists()
    path = tmp_path / "names.txt"
    path.write_text("chr1\t1\nchr2 2\n", encoding="utf-8")
    methcohort.build(sheet, tmp_path / "x.h5", config={"aliases": str(path)}, workers=0)
    with methcohort.open_store(tmp_path / "x.h5") as store:
        assert store.chroms == ("1", "2") and store.n_sites == 80


def test_a_file_that_patterns_empty_by_its_style(tmp_path: Path) -> None:
    """A file of another style whose rows are all dropped is told, not left empty."""
    sheet = sheet_of(tmp_path, ["chr1", "chr2"], ["1", "2"])
    with pytest.raises(InputError, match="'chr1'"):
        methcohort.build(
            sheet, tmp_path / "x.h5", config={"chroms": {"include": ["chr*"]}}, workers=0
        )


def test_dropped_names_do_not_count(tmp_path: Path) -> None:
    """A chromosome that patterns leave out may be called as it likes."""
    sheet = sheet_of(tmp_path, ["chr1", "chrM", "MT"], ["chr1"])
    config = {"chroms": {"exclude": ["MT"]}}
    methcohort.build(sheet, tmp_path / "x.h5", config=config, workers=0)


@pytest.mark.parametrize("aliases", ["", "GRCm39"])
def test_bed_of_another_style(tmp_path: Path, aliases: str) -> None:
    """A BED file that names chromosomes otherwise is an error, or renamed as the files are."""
    sheet = sheet_of(tmp_path, ["1", "2"], ["1", "2"])
    (tmp_path / "sites.bed").write_text("chr1\t0\t11\n", encoding="utf-8")
    config = {"sites": str(tmp_path / "sites.bed"), "aliases": aliases}
    if not aliases:
        with pytest.raises(InputError, match=r"'1'.*which is 'chr1' in .*sites\.bed"):
            methcohort.build(sheet, tmp_path / "x.h5", config=config, workers=0)
        return
    methcohort.build(sheet, tmp_path / "x.h5", config=config, workers=0)
    with methcohort.open_store(tmp_path / "x.h5") as store:
        assert store.chroms == ("chr1",) and list(store.sample_counts["n_sites"]) == [2, 2]


def test_two_names_become_one_in_a_build(tmp_path: Path) -> None:
    """Also where the file is read in one piece after a cut that separates the names."""
    sheet = sheet_of(tmp_path, ["chr1", "2", "1"])
    for workers in (0, 2):
        with pytest.raises(InputError, match=r"0\.txt: found the chromosomes 'chr1' and '1'"):
            methcohort.build(
                sheet, tmp_path / "x.h5", config={"aliases": "GRCh37"}, workers=workers
            )
