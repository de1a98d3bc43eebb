"""What all rules share: what is asked for, and the plan, which says what each rule needs.

They are made by the plain Python files of `scripts/`, of which nothing imports the package at this
time: a remote module is fetched file by file, without `src/`.
"""

import re
from types import ModuleType

import yaml
from snakemake.logging import logger


def read(path):
    """Return the text of one of the workflow's own files."""
    with open(workflow.source_path(path), encoding="utf-8") as handle:
        return handle.read()


def load(name):
    """Return one of the workflow's own modules, wherever the workflow lies.

    What is fetched has a name that Python would not import.
    """
    loaded = ModuleType(f"methcohort_{name}")
    exec(compile(read(f"../scripts/{name}.py"), f"{name}.py", "exec"), vars(loaded))
    return loaded


def get_page_script(wildcards, input):
    """Return the path of the script that writes a page for the report.

    It lies in a cache of another name each time: taking `input` keeps it from being a parameter
    whose change makes the page again. As an input file its path could have no braces.
    """
    return PAGE_SCRIPT


settings = load("settings")
needs = load("needs")
asking = load("asked")

asking.refuse_braces(str(workflow.current_basedir))
SCHEMA = yaml.safe_load(read("../schemas/config.schema.yaml"))
PAGE_SCRIPT = workflow.source_path("../scripts/provenance_page.py")
VERSION = settings.release(
    read("../envs/methcohort.yaml"),
    workflow.deployment_settings.deployment_method,
)
if workflow.is_main_process:
    load("failures").watch(logger)
    files = settings.own_files(
        workflow.configfiles,
        SCHEMA["properties"],
        used=workflow.modifier.skip_configfile,
    )
    if why := settings.file_fault(files, VERSION):
        asking.refuse(why)
config.update(settings.completed(config, SCHEMA))

if why := settings.fault(config, SCHEMA, VERSION):
    asking.refuse(why)

asked = asking.Asked(
    config,
    settings.changed_content(config, SCHEMA),
    VERSION,
    lambda path: storage(path),
    lambda path: any(rule.is_producer(path) for rule in workflow.rules),
)
plan = load("plan").Plan(asked, lambda: settings.package_fault(config, VERSION))
mem = needs.Needs(config, asked.n_samples)


wildcard_constraints:
    cohort="|".join(map(re.escape, asked.cohorts)),
    digest=asking.DIGEST,
    part=asking.PART,
    n=r"\d+",
