"""The files that an export writes: their names, and that all get them or none."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..core.errors import ConfigError
from ..files import written
from .formats import MATRIX_TEXTS, SAMPLE_TEXTS
from .sample_files import BIGWIG, Place

SAMPLE = "{sample}"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_SUFFIXES = {".bw": BIGWIG, ".bigwig": BIGWIG, ".bigWig": BIGWIG}
_TABLES = {".parquet": "parquet", ".h5ad": "h5ad"}
GZIP = (".gz", ".bgz")


def formats() -> dict[str, str]:
    """Return what formats there are, by name."""
    found = {name: form.title for name, form in (SAMPLE_TEXTS | MATRIX_TEXTS).items()}
    more = {
        BIGWIG: "bigWig, for browsers; needs lengths of chromosomes",
        "parquet": "Parquet table of all samples (extra arrow)",
        "h5ad": "AnnData (extra anndata)",
    }
    return found | more


def format_of(output: str, name: str | None) -> str:
    """Return the name of the format of an output. Raises ConfigError where that is not known."""
    if output == "-":
        message = (
            "found - for the output; expected the name of a file; methcohort query prints to "
            "standard output"
        )
        raise ConfigError(message)
    if name is not None:
        if name not in formats():
            message = f"found the format {name!r}; expected one of {', '.join(formats())}"
            raise ConfigError(message)
        return name
    texts = (SAMPLE_TEXTS | MATRIX_TEXTS).values()
    known = {suffix: form.name for form in texts for suffix in form.suffixes}
    known = known | _SUFFIXES | _TABLES
    fitting = [suffix for suffix in known if output.endswith(suffix)]
    if not fitting:
        message = (
            f"{output}: the name does not say the format; expected one that ends with "
            f"{', '.join(sorted(known))}, or --format with one of {', '.join(formats())}"
        )
        raise ConfigError(message)
    return known[max(fitting, key=len)]


def is_matrix(name: str) -> bool:
    """Whether a format has one file for all samples."""
    return name in _TABLES.values() or name in MATRIX_TEXTS


def paths_of(output: str, samples: Sequence[str]) -> dict[str, Path]:
    """Return the file of each sample.

    Raises ConfigError where several samples would have one file, or a name cannot be one.
    """
    if SAMPLE not in output:
        if len(samples) > 1:
            message = (
                f"{output}: has no {SAMPLE}, and there are {len(samples):,} samples; name a file "
                f"for each, such as 'tracks/{SAMPLE}.bw', or choose one sample (-s)"
            )
            raise ConfigError(message)
        return {sample: Path(output) for sample in samples}
    for sample in samples:
        if "/" in sample or "\0" in sample or sample in (".", ".."):
            message = f"sample {sample!r} cannot be part of a file name; choose others (-s '^...')"
            raise ConfigError(message)
    return {sample: Path(output.replace(SAMPLE, sample)) for sample in samples}


@contextmanager
def published(
    paths: Sequence[Path], *, indexed: bool, inputs: Sequence[Path]
) -> Iterator[list[Place]]:
    """Give files to write to, which get their names once all are complete.

    Raises
    ------
    ConfigError
        Where a file is an input, or a store.
    StoreError
        Where a file cannot be written.
    """
    for path in paths:
        _expect_free(path, inputs)
    with ExitStack() as stack:
        yield [
            Place(
                path,
                stack.enter_context(written(path, b"", "file")),
                stack.enter_context(written(_index_of(path), b"", "file")) if indexed else None,
            )
            for path in paths
        ]


def _index_of(path: Path) -> Path:
    return path.with_name(path.name + ".tbi")


def _expect_free(path: Path, inputs: Sequence[Path]) -> None:
    """Raise ConfigError where a file is not one to be replaced."""
    if any(os.path.realpath(path) == os.path.realpath(one) for one in inputs):
        message = f"{path}: is an input; give another --output"
        raise ConfigError(message)
    try:
        with path.open("rb") as file:
            is_store = file.read(len(_HDF5)) == _HDF5 and path.suffix != ".h5ad"
    except OSError:
        return  # Target says what is wrong with it, if anything
    if is_store:
        message = f"{path}: is an HDF5 file; give another --output, or remove it"
        raise ConfigError(message)
