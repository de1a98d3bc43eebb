"""Checks of the configuration and of the sheet, and the functions that the rules call.

Nothing here imports the package: a remote module is fetched file by file, without `src/`.
"""

import functools
import hashlib
import json
import os
import re
import shlex
import time
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

# The keys that decide what a store holds or how it is laid out. A change of one of them
# rebuilds the stores; a change of `threads`, `memory` or `samples` alone does not.
CONTENT_KEYS = (
    "sites",
    "min_samples",
    "chroms",
    "contexts",
    "strands",
    "modification",
    "inexact_counts",
    "reference",
    "base_check",
    "off_reference",
    "aliases",
    "custom",
    "layers",
    "duplicates",
    "uncovered",
    "pct_check",
    "pct_tolerance",
    "chunks",
    "deflate_level",
    "assembly",
)
# Values of `sites` and `aliases` that name no file.
SITE_WORDS = ("union", "intersection", "reference")
BUILT_IN_ALIASES = r"(GRCh37|GRCh38|GRCm38|GRCm39)(:(ucsc|ensembl|refseq))?|"
# How much of each end of a file its fingerprint reads.
END_BYTES = 65536
# How far the clock of a file server may be ahead.
CLOCK_SECONDS = 60
REQUIRED_COLUMNS = ("sample", "path", "cohort")
UNITS = {
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}


def refuse_braces(folder):
    """Stop where the workflow lies in a folder whose name Snakemake would take for a wildcard."""
    if re.search(r"[{}]", folder):
        raise WorkflowError(
            f"{folder}: Snakemake cannot use a workflow in a folder with braces in its name; move "
            "or rename it. Your own files and the working directory may have such names."
        )


def refuse_unknown_keys(given, schema, inside=""):
    """Stop at a key that the schema does not have, and name the key that was probably meant."""
    if not isinstance(given, dict):
        raise WorkflowError(
            f"config: {inside.rstrip('.') or 'the whole'} is {given!r}; a mapping of keys was "
            "expected"
        )
    known = schema["properties"]
    for key, value in given.items():
        if key not in known:
            near = get_close_matches(str(key), known, n=1, cutoff=0.5)
            hint = (
                f"did you mean '{inside}{near[0]}'?"
                if near
                else f"known keys are {', '.join(known)}"
            )
            raise WorkflowError(f"config: unknown key '{inside}{key}'; {hint}")
        if known[key].get("type") == "object":
            refuse_unknown_keys(value, known[key], inside=f"{key}.")


def refuse_wrong_values(given, schema):
    """Stop at a value that the schema does not allow, in a sentence and without the schema."""
    error = best_match(Draft202012Validator(schema).iter_errors(given))
    if error:
        path = list(error.absolute_path)
        about = schema["properties"][path[0]]
        if len(path) > 1:
            about = about.get("properties", {}).get(path[1], about)
        raise WorkflowError(
            f"config: {'.'.join(map(str, path))}: {error.message}; it means: "
            f"{about['description'].rstrip('.')}"
        )


def read_schema(name):
    """Return one of the workflow's own schemas."""
    with open(workflow.source_path(f"../schemas/{name}.schema.yaml")) as handle:
        return yaml.safe_load(handle)


def read_sheet(path):
    """Return the rows of the sheet as dictionaries, its columns in the order of the file."""
    try:
        with open(path, encoding="utf-8-sig") as handle:
            lines = [
                (number, [field.strip() for field in line.split("\t")])
                for number, line in enumerate(handle, 1)
                if line.strip() and not line.startswith("#")
            ]
    except (OSError, UnicodeDecodeError) as error:
        raise WorkflowError(
            f"{path}: the sheet of samples cannot be read ({error}); the key 'samples' of the "
            "configuration names it, relative to the working directory"
        )
    header = lines[0][1] if lines else []
    check_header(path, header)
    rows = [as_row(path, number, header, fields) for number, fields in lines[1:]]
    check_names(path, rows)
    return rows


def as_row(path, number, header, fields):
    """Return the fields of a line by the names of their columns."""
    if len(fields) != len(header):
        raise WorkflowError(
            f"{path}, line {number}: {len(fields)} fields; {len(header)} were expected, as in "
            "the header, separated by tabs"
        )
    row = dict(zip(header, fields))
    check_row(path, number, row)
    return row


def check_header(path, header):
    """Stop where a column is missing or named twice."""
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    if missing:
        raise WorkflowError(
            f"{path}: column {', '.join(missing)} is missing; "
            f"the header has {', '.join(header) or 'nothing'}, separated by tabs"
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise WorkflowError(
            f"{path}: column {', '.join(twice)} stands twice in the header"
        )


def check_row(path, number, row):
    """Stop where a row lacks a value that every row must have."""
    for name in REQUIRED_COLUMNS:
        if not row[name]:
            raise WorkflowError(f"{path}, line {number}: column {name} is empty")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", row["cohort"]):
        raise WorkflowError(
            f"{path}, line {number}: cohort '{row['cohort']}' cannot name a file; use letters, "
            "digits and _ . + - only, a letter or digit first"
        )
    form = row.get("format", "")
    if form not in FORMATS:
        near = get_close_matches(form, FORMATS, n=1, cutoff=0.5)
        hint = (
            f"did you mean '{near[0]}'?" if near else f"known are {', '.join(FORMATS)}"
        )
        raise WorkflowError(f"{path}, line {number}: unknown format '{form}'; {hint}")


def check_names(path, rows):
    """Stop where a sample name stands twice in one cohort, or is what others are merged as."""
    seen = {}
    for row in rows:
        name = (row["cohort"], row["sample"])
        if name in seen:
            raise WorkflowError(
                f"{path}: sample '{row['sample']}' stands twice in cohort '{row['cohort']}'; "
                "give each sample of a cohort a name of its own"
            )
        seen[name] = row.get("merge_as", "")
    for row in rows:
        merged = row.get("merge_as", "")
        if merged and seen.get((row["cohort"], merged), merged) != merged:
            raise WorkflowError(
                f"{path}: sample '{row['sample']}' of cohort '{row['cohort']}' is merged as "
                f"'{merged}', which is another sample; give one of them another name, or both "
                "the same merge_as"
            )


def get_version():
    """Return the package's installed version, else the one that the environment file pins."""
    try:
        return metadata.version("methcohort")
    except metadata.PackageNotFoundError:
        pins = Path(workflow.source_path("../envs/methcohort.yaml")).read_text()
        return re.search(r"methcohort==(\S+)", pins)[1]


def get_rows(cohort):
    """Return the cohort's rows of the sheet."""
    return [row for row in SHEET if row["cohort"] == cohort]


def get_sheet_rows(wildcards):
    """Return the cohort's rows as text: a changed row changes this text, so it rebuilds."""
    return json.dumps(get_rows(wildcards.cohort), ensure_ascii=False)


def get_inputs(wildcards):
    """Return the cohort's files. They are the user's, so a module's prefix leaves them alone."""
    paths = [row["path"] for row in get_rows(wildcards.cohort)]
    refuse_missing(wildcards.cohort, paths)
    return [get_stored(path) if is_remote(path) else local(path) for path in paths]


def is_remote(path):
    """Tell whether a path is a URL: a storage plugin of Snakemake fetches it, by its scheme."""
    return re.match(r"[a-z][a-z0-9+.-]*://", path) is not None


@functools.cache
def get_stored(path):
    """Return a URL as a file that a storage plugin fetches."""
    return storage(path)


@functools.cache
def is_there(path):
    """Tell whether a path or the object of a URL exists."""
    if is_remote(path):
        return get_stored(path).flags["storage_object"].exists()
    return Path(path).exists()


def get_fetched(wildcards, input):
    """Return the table of the URLs in the sheet and of the local copies of them.

    Where the copies lie is no content: taking `input` keeps this from being a parameter whose
    change builds the store again.
    """
    copies = zip([row["path"] for row in get_rows(wildcards.cohort)], input.samples)
    return "".join(f"{path}\t{copy}\n" for path, copy in copies if is_remote(path))


def get_bed(wildcards):
    """Return the BED file of the sites, where the configuration names one."""
    return as_input(wildcards, get_bed_path())


def get_reference(wildcards):
    """Return the FASTA file of the genome, where the configuration names one."""
    return as_input(wildcards, config["reference"])


def get_aliases(wildcards):
    """Return the table of chromosome names, where the configuration names a file."""
    return as_input(wildcards, get_aliases_path())


def get_bed_path():
    return "" if config["sites"] in SITE_WORDS else config["sites"]


def get_aliases_path():
    return (
        "" if re.fullmatch(BUILT_IN_ALIASES, config["aliases"]) else config["aliases"]
    )


def get_shared_paths():
    """Return the files that all cohorts use."""
    paths = [get_bed_path(), config["reference"], get_aliases_path()]
    return [path for path in paths if path]


def as_input(wildcards, path):
    """Return a file that all cohorts use as an input; none where the path is empty."""
    if not path:
        return []
    refuse_missing(wildcards.cohort, [path])
    return local(path)


def is_made(path):
    """Tell whether the path is the output of a rule."""
    return any(rule.is_producer(path) for rule in workflow.rules)


def refuse_missing(cohort, paths):
    """Stop where Snakemake cannot name a file, or a file is not there and no rule makes it.

    At a missing file Snakemake itself would say nothing where the store exists already: it would
    take the store as it is, without the sample whose file is missing.
    """
    refuse_paths(
        [path for path in paths if re.search(r"[{}<>]", path)],
        f"cohort {cohort}: Snakemake takes the signs {{ }} < > in a path for its own; rename these "
        "files, or give links to them in the sheet or the configuration",
    )
    refuse_paths(
        [path for path in paths if not is_there(path) and not is_made(path)],
        f"cohort {cohort}: these files do not exist, and no rule makes them; mend the sheet "
        "or the configuration",
    )


def refuse_paths(paths, why):
    """Stop and list the paths, if there are any."""
    if paths:
        shown = "\n".join(paths[:20])
        more = f"\n... and {len(paths) - 20} more" if len(paths) > 20 else ""
        # An exception would be shown with a traceback.
        raise SystemExit(f"{why}:\n{shown}{more}")


def get_sheet(wildcards):
    """Return the path of the sheet; from a function, so that braces in it stay as they are."""
    return config["samples"]


def get_content_config(wildcards):
    """Return the values that decide a store's content, as the command line takes them."""
    return json.dumps({key: config[key] for key in CONTENT_KEYS}, ensure_ascii=False)


def get_attempt_file(wildcards):
    """Return where a build leaves word that it was begun, beside Snakemake's own records."""
    # Two uses of this workflow as a module may have a cohort of the same name.
    which = hashlib.sha256(
        (config["samples"] + get_content_config(wildcards)).encode()
    ).hexdigest()
    return f".snakemake/methcohort/{wildcards.cohort}-{which[:12]}"


def get_attempt(wildcards):
    """Return the word that the last build left: a new one where it did not end well.

    After a failed job Snakemake records its parameters and inputs as done, so the next run would
    find nothing to do while the earlier store is there. So a build writes a new word when it
    begins, and the word that stood there before is put back when its store is published. Where
    it failed or was killed in between, this parameter has changed, and the job runs again.
    """
    path = Path(get_attempt_file(wildcards))
    return path.read_text().strip() if path.exists() else ""


def get_fingerprint(wildcards):
    """Return a digest of the sizes and of both ends of the cohort's files.

    Snakemake looks at the content of a file only if the file is newer than the store. A file
    that was replaced by an older one, as `mv` and `cp -p` do, changes this parameter. So does a
    gzip file with other text of the same size: its checksum stands at its end.
    """
    digest = hashlib.sha256()
    rows = get_rows(wildcards.cohort)
    for path in [row["path"] for row in rows] + get_shared_paths():
        # What other rules make may not exist yet; Snakemake knows when it is made again.
        # What is no file, the build refuses; a pipe would make this wait.
        # Of a URL, it knows the time of change.
        if is_remote(path) or is_made(path) or not os.path.isfile(path):
            continue
        try:
            with open(path, "rb") as handle:
                size = os.stat(handle.fileno()).st_size
                digest.update(f"{size}\n".encode() + handle.read(END_BYTES))
                handle.seek(max(END_BYTES, size - END_BYTES))
                digest.update(handle.read(END_BYTES))
        except OSError as error:
            # The build says it in full.
            digest.update(f"{path}: {error.strerror}".encode())
    return digest.hexdigest()


def get_refusal(wildcards, input):
    """Return a sentence where a file is from the future, else nothing.

    Snakemake would throw the new store away after the build, since it would be older than its
    input. This function takes `input` so that the answer alone rebuilds nothing.
    """
    limit = time.time() + CLOCK_SECONDS
    late = [
        path
        for path in input
        if os.path.exists(path) and os.stat(path).st_mtime > limit
    ]
    if not late:
        return ""
    files = "1 file has" if len(late) == 1 else f"{len(late)} files have"
    return (
        f"cohort {wildcards.cohort}: {files} a time of change in the future, so Snakemake would "
        "take every store as outdated; check the clock, then run: "
        f"touch {' '.join(shlex.quote(path) for path in late[:20])}"
    )


def get_page_script(wildcards, input):
    """Return the path of the script that writes a page for the report.

    It lies in a cache of another name each time: taking `input` keeps it from being a parameter
    whose change makes the page again. As an input file its path could have no braces.
    """
    return PAGE_SCRIPT


def get_mem_mb():
    """Return the memory of one build in megabytes."""
    number, unit = re.fullmatch(r"([0-9.]+)\s*(\w+)", config["memory"]).groups()
    return max(1, int(float(number) * UNITS[unit] / 1000**2))


def get_final_output():
    """Return every file that the workflow makes for the cohorts of the sheet."""
    return expand(
        [
            "results/{cohort}.h5",
            "results/{cohort}.samples.tsv",
            "results/{cohort}.html",
        ],
        cohort=COHORTS,
    )


refuse_braces(str(workflow.current_basedir))
CONFIG_SCHEMA = read_schema("config")
refuse_unknown_keys(config, CONFIG_SCHEMA)
refuse_wrong_values(config, CONFIG_SCHEMA)
validate(config, schema="../schemas/config.schema.yaml")

PAGE_SCRIPT = workflow.source_path("../scripts/provenance_page.py")
FORMATS = read_schema("samples")["properties"]["rows"]["items"]["properties"]["format"][
    "enum"
]
SHEET = read_sheet(config["samples"])
validate({"rows": SHEET}, schema="../schemas/samples.schema.yaml")
COHORTS = list(dict.fromkeys(row["cohort"] for row in SHEET))
