"""What a file is that is not a text table: by its first bytes, once a line was refused.

Nothing is refused here. These bytes only decide what is said of a file that cannot be read.
"""

from typing import Final

START_BYTES: Final = 512

GZIP_MAGIC: Final = b"\x1f\x8b"

BOM: Final = b"\xef\xbb\xbf"
"""The byte order mark, which means nothing at the start of a text."""

CARRIAGE_RETURNS: Final = (
    "a carriage return inside a line; expected lines that end with a newline, not with a carriage "
    "return alone, as on old Macs; convert the file with tr '\\r' '\\n'"
)

_ALIGNED: Final = (
    "give the calls that a methylation caller makes of it, such as bismark_methylation_extractor, "
    "MethylDackel extract or modkit pileup"
)
_TRACK: Final = "it has one value per base, without counts; give the text that the caller wrote"
_MAGIC: Final = (
    (b"BZh", "a bzip2 file", "unpack it with bunzip2"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "unpack it with unzstd"),
    (b"\x04\x22\x4d\x18", "an LZ4 file", "unpack it with unlz4"),
    (b"\x1f\x9d", "a file of the old compress", "unpack it with uncompress"),
    (b"\x1f\x8b", "gzip within gzip", "unpack it once with gunzip"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet", "unpack it, or save the table as text"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "give the text that it was made from"),
    (b"BAM\x01", "a BAM file", _ALIGNED),
    (b"CRAM", "a CRAM file", _ALIGNED),
    (b"BCF\x02", "a BCF file", "give the calls as text (biscuit vcf2bed makes them of BISCUIT's)"),
    (b"\x26\xfc\x8f\x88", "a bigWig file", _TRACK),
    (b"\x88\x8f\xfc\x26", "a bigWig file", _TRACK),
    (b"\xeb\xf2\x89\x87", "a bigBed file", "make text of it with bigBedToBed"),
    (b"\x87\x89\xf2\xeb", "a bigBed file", "make text of it with bigBedToBed"),
    (b"IDAT", "an IDAT file of an array", "give read counts per cytosine; arrays have none"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (.xls)", "save the table as text with tabs between"),
    (b"TBI\x01", "a tabix index", "give the file that it is an index of"),
    (b"CSI\x01", "a CSI index", "give the file that it is an index of"),
    (b"PAR1", "a Parquet file", "save the table as text"),
    (b"ARROW1", "an Arrow file", "save the table as text"),
    (b"\x93NUMPY", "a NumPy file", "save the table as text"),
    (b"SQLite format 3\x00", "an SQLite database", "save the table as text"),
    (b"%PDF-", "a PDF document", "give the text of the calls"),
    (b"\xff\xfe", "text in UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"),
)  # fmt: skip
_TEXTS: Final = (
    (b"<!doctype", "a web page", "download the file itself"),
    (b"<html", "a web page", "download the file itself"),
    (b"{\\rtf", "a rich text document", "save it as plain text"),
)
_SHEET: Final = (b"[Content_Types].xml", b"xl/", b"_rels/.rels", b"docProps/")
_BETA: Final = (".beta", ".lbeta")
_TAR: Final = slice(257, 262)
_UTF16_SAMPLE: Final = 64
_CONTROLS: Final = bytes(k for k in range(32) if k not in b"\t\n\v\f\r")


def describe_kind(start: bytes, path: str = "") -> str | None:
    """Return what to say of a file from its first `START_BYTES`; None where they tell nothing.

    Of gzip data these are the first bytes of what is packed in it. The name tells binary files that
    begin with nothing of their own.
    """
    for magic, kind, remedy in _TEXTS:
        if start.lstrip().lower().startswith(magic):
            return _message(kind, remedy)
    if len(start.translate(None, _CONTROLS)) == len(start):
        return None  # names in plain text may begin like a magic number
    if start.startswith(b"PK\x03\x04") and any(part in start for part in _SHEET):
        return _message("a spreadsheet (.xlsx)", "save the table as text with tabs between")
    for magic, kind, remedy in _MAGIC:
        if start.startswith(magic):
            return _message(kind, remedy)
    if start[_TAR] == b"ustar":
        return _message("a tar archive", "unpack it with tar -xf")
    if path.removesuffix(".gz").endswith(_BETA):
        return _message(
            "a .beta file of wgbs_tools, two bytes per CpG",
            "give the text that wgbstools beta2bed makes of it",
        )
    if not any(start):
        return _message("nothing but zero bytes", "copy or make the file again")
    halves = start[:_UTF16_SAMPLE:2], start[1:_UTF16_SAMPLE:2]
    if len(start) > 3 and any(not any(half) for half in halves):
        return _message("text in UTF-16", "convert it with iconv -f UTF-16 -t UTF-8")
    return None


def _message(kind: str, remedy: str) -> str:
    return f"found {kind}; expected text of methylation calls, plain or gzip; {remedy}"
