# Front door for `snakemake` run in a clone. The workflow itself is workflow/Snakefile,
# used here exactly as any other project would use it: as a module.
configfile: "config/config.yaml"


module methcohort:
    snakefile:
        "workflow/Snakefile"
    config:
        config


use rule * from methcohort
