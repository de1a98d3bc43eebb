"""Starting a project: a folder with a configuration, a sheet, a Snakefile and its profile."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .core.errors import InputError
from .resources import shipped

_SNAKEFILE: Final = """\
# Builds one store per cohort of config/samples.tsv: snakemake --cores 2
# The workflow is the one that ships with the installed methcohort.
from methcohort.resources import shipped


configfile: "config/config.yaml"


module methcohort:
    snakefile:
        str(shipped("workflow") / "Snakefile")
    config:
        config


use rule * from methcohort
"""
_ENDINGS: Final = re.compile(
    r"(\.(gz|bgz|txt|tsv|csv|tab|meth|cov|bismark|zero|deduplicated|bed|bedgraph|bedmethyl|allc|cgmap"
    r"|methylkit|mr|mods)|[._](cpg|chg|chh|cx|cytosine)_report|[._](cpg|chg|chh)"
    r"|\.merged_cpg_evidence|_bismark_bt2(_[ps]e)?)+$",
    re.IGNORECASE,
)
"""What callers add to the name of a sample behind it, and in front of it."""
_BEGINNING: Final = re.compile(r"^allc_(?=.)", re.IGNORECASE)


def init(directory: str | Path, files: Sequence[str | Path] = ()) -> None:
    """Start a project.

    Parameters
    ----------
    directory : folder to make or fill; its name becomes the name of the cohort
    files : text files, one a sample; the sheet names each sample after its file

    Raises
    ------
    InputError
        Where a file is missing, two files would give the same name, or the folder already holds
        one of the files to be written. Nothing is written then.
    """
    folder = Path(directory)
    profile = Path("profiles", "default", "config.yaml")
    texts = {
        folder / "config" / "config.yaml": (shipped("config") / "config.yaml").read_text("utf-8"),
        folder / profile: (shipped("workflow") / profile).read_text("utf-8"),
        folder / "config" / "samples.tsv": _sheet(folder, [Path(file) for file in files]),
        folder / "Snakefile": _SNAKEFILE,
    }
    present = [str(path) for path in texts if path.exists()]
    if present:
        message = f"{', '.join(present)}: exist already; give another folder, or remove them"
        raise InputError(message)
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{folder}: cannot be written ({error.strerror}); give a writable folder"
        raise InputError(message) from error


def _sheet(folder: Path, files: Sequence[Path]) -> str:
    missing = [
        f"{file}: does not exist; give existing files" for file in files if not file.is_file()
    ]
    if missing:
        raise InputError("\n".join(missing))
    cohort = re.sub(r"[^A-Za-z0-9_.+-]+", "_", folder.resolve().name).lstrip("_.+-") or "cohort"
    rows: dict[str, Path] = {}
    for file in files:
        name = _name_of(file)
        if name in rows:
            message = (
                f"{file}: would be named {name}, as {rows[name]} is; rename one, or start "
                "without files and write config/samples.tsv by hand"
            )
            raise InputError(message)
        rows[name] = file
    lines = ["sample\tpath\tcohort"]
    lines += [f"{name}\t{_seen_from(folder, file)}\t{cohort}" for name, file in rows.items()]
    return "\n".join(lines) + "\n"


def _name_of(file: Path) -> str:
    """Return the name of a sample after its file, without what callers add to it."""
    bare = _ENDINGS.sub("", file.name)
    name = _BEGINNING.sub("", bare) or file.name
    if name.startswith("#") or any(
        not text.isprintable() or text != text.strip() for text in (name, str(file))
    ):
        message = (
            f"{str(file)!r}: this name cannot stand in a sheet; expected no tab or line break, no "
            "blank at an end, and no # at the beginning; rename the file"
        )
        raise InputError(message)
    return name


def _seen_from(folder: Path, file: Path) -> str:
    """Return the path of a file as seen from the project's folder."""
    if file.is_absolute():
        return str(file)
    return os.path.relpath(file.resolve(), folder.resolve())
