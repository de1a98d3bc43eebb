"""Checks of the configuration and of the sheet, in sentences."""

REQUIRED_COLUMNS = ("sample", "path", "cohort")
# Formats whose files can have several samples, each in columns of its own.
OF_SEVERAL = (
    "methylkit_tabix",
    "biscuit_bed",
    "biscuit_bed_counts",
    "biscuit_extended",
    "biscuit_extended_counts",
    "dnmtools_table",
    "methcohort_table",
)
# What stands for a sample's own part of the name of a column.
PLACEHOLDER = "{}"
# From which columns of a description the counts follow.
COUNT_COLUMNS = (["c", "t"], ["c", "n"], ["fraction", "n"], ["percent", "n"])


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
        named = schema.get("additionalProperties")
        if key not in known and isinstance(named, dict) and isinstance(value, dict):
            refuse_odd_name(key, schema["propertyNames"]["pattern"], inside)
            refuse_unknown_keys(value, named, inside=f"{inside}{key}.")
            continue
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


def refuse_odd_name(name, pattern, inside):
    """Stop at a name of a description that no cell of the sheet could have as it is."""
    if not re.fullmatch(pattern.strip("^$"), str(name)):
        raise WorkflowError(
            f"config: {inside}{name} is no name for a format; use letters, digits and _ . + - "
            "only, a letter first"
        )


def read_descriptions(custom):
    """Return what the configuration describes as formats, by name; those used must be whole."""
    keys = CONFIG_SCHEMA["properties"]["custom"]["properties"]
    named = {name: value for name, value in custom.items() if name not in keys}
    for name in named:
        if name in FORMATS:
            raise WorkflowError(
                f"config: custom.{name}: this is the name of a format that methcohort knows; give "
                "the description another name, and its rows in the sheet"
            )
    return {"custom": {key: custom.get(key) for key in keys}} | named


def check_description(name):
    """Stop where a description that the sheet uses tells no position or no counts."""
    where = "custom" if name == "custom" else f"custom.{name}"
    given = DESCRIPTIONS[name]
    for key in ("chr", "pos"):
        if given.get(key) is None:
            raise WorkflowError(
                f"config: {where} has no column {key}; give its number, or its name in the header"
            )
    counts = [
        key
        for key in ("c", "t", "fraction", "percent", "n")
        if given.get(key) is not None
    ]
    if counts not in COUNT_COLUMNS:
        raise WorkflowError(
            f"config: {where} has {' and '.join(counts) or 'no column of counts'}; the counts are "
            "c and t, c and n, fraction and n, or percent and n"
        )


def take_numbers(given, schema):
    """Make whole numbers inside mappings of their text, as which `snakemake --config` has them."""
    for mapping, about in schema["properties"].items():
        for key, inner in about.get("properties", {}).items():
            value = given.get(mapping, {}).get(key)
            if inner.get("type") == "integer" and re.fullmatch("[0-9]+", str(value)):
                given[mapping][key] = int(value)


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
    known = [*FORMATS, *DESCRIPTIONS]
    if form not in known:
        near = get_close_matches(form, known, n=1, cutoff=0.5)
        hint = (
            f"did you mean '{near[0]}'?"
            if near
            else f"known are {', '.join(filter(None, dict.fromkeys(known)))}"
        )
        raise WorkflowError(f"{path}, line {number}: unknown format '{form}'; {hint}")
    if form in DESCRIPTIONS:
        check_description(form)
    check_columns(path, number, form, row.get("columns", ""))


def check_columns(path, number, form, columns):
    """Stop where a row says which columns of its file are meant and should not, or the reverse."""
    if form in DESCRIPTIONS:
        values = DESCRIPTIONS[form].values()
        wanted = any(isinstance(one, str) and PLACEHOLDER in one for one in values)
        if wanted and not columns:
            raise WorkflowError(
                f"{path}, line {number}: column columns is empty; custom has {PLACEHOLDER} in the "
                f"columns of '{form}', for which it stands"
            )
        if columns and not wanted:
            raise WorkflowError(
                f"{path}, line {number}: columns is '{columns}', and custom has no {PLACEHOLDER} "
                f"in the columns of '{form}' for which it could stand"
            )
    elif columns and form not in ("", "auto", *OF_SEVERAL):
        raise WorkflowError(
            f"{path}, line {number}: columns is '{columns}', but files of the format '{form}' have "
            "one sample; leave it empty"
        )


def check_names(path, rows):
    """Stop where a sample name stands twice in one cohort, or is what others are merged as."""
    seen = {}
    taken = set()
    for row in rows:
        columns = (row["cohort"], row["path"], row.get("columns", ""))
        if columns[2] and columns in taken:
            raise WorkflowError(
                f"{path}: the columns '{columns[2]}' of {row['path']} stand twice in cohort "
                f"'{row['cohort']}'; give each sample other columns"
            )
        taken.add(columns)
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
