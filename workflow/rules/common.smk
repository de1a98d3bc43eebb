"""What all rules share: the configuration, the sheet, and what the workflow makes of them.

Nothing here imports the package: a remote module is fetched file by file, without `src/`.
"""

import functools
import hashlib
import json
import math
import os
import re
import shlex
import time
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from snakemake.exceptions import WorkflowError
from snakemake.io import get_flag_value, is_flagged
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
    "chrom_sizes",
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


def get_version():
    """Return the package's installed version, else the one that the environment file pins."""
    try:
        return metadata.version("methcohort")
    except metadata.PackageNotFoundError:
        pins = Path(workflow.source_path("../envs/methcohort.yaml")).read_text()
        return re.search(r"methcohort==(\S+)", pins)[1]


include: "checks.smk"
include: "files.smk"
include: "attempts.smk"
include: "resources.smk"
include: "parts.smk"
include: "routes.smk"


def get_content_config(wildcards):
    """Return the values that decide a store's content, as the command line takes them."""
    return json.dumps({key: config[key] for key in CONTENT_KEYS}, ensure_ascii=False)


def get_page_script(wildcards, input):
    """Return the path of the script that writes a page for the report.

    It lies in a cache of another name each time: taking `input` keeps it from being a parameter
    whose change makes the page again. As an input file its path could have no braces.
    """
    return PAGE_SCRIPT


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
take_numbers(config, CONFIG_SCHEMA)
refuse_wrong_values(config, CONFIG_SCHEMA)
validate(config, schema="../schemas/config.schema.yaml")

PAGE_SCRIPT = workflow.source_path("../scripts/provenance_page.py")
FORMATS = read_schema("samples")["properties"]["rows"]["items"]["properties"]["format"][
    "anyOf"
][0]["enum"]
DESCRIPTIONS = read_descriptions(config["custom"])
SHEET = read_sheet(config["samples"])
validate({"rows": SHEET}, schema="../schemas/samples.schema.yaml")
COHORTS = list(dict.fromkeys(row["cohort"] for row in SHEET))
