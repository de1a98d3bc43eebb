# All that decides a store: the rows of the sheet, the configuration, the version, and the size and
# both ends of each file. A change of any is a recipe of another name, which is missing, and is made,
# whatever Snakemake remembers. A sheet or file that is changed while Snakemake runs is refused here.
rule write_recipe:
    output:
        recipe="results/.recipes/{cohort}.{digest}.yaml",
    log:
        "logs/write_recipe/{cohort}.{digest}.log",
    localrule: True
    conda:
        "../envs/methcohort.yaml"
    params:
        sheet=plan.sheet,
        settings=plan.settings,
        batch=plan.batch,
        release=plan.release,
        vouched=plan.vouched,
    shell:
        "printf %s {params.vouched:q} | methcohort recipe --samples {params.sheet:q}"
        " --cohort {wildcards.cohort:q} {params.batch} --config {params.settings:q}"
        " --release {params.release:q} --vouched /dev/stdin --digest {wildcards.digest}"
        " --output {output.recipe:q} 2>&1 | tee {log:q}"


# A build takes the recipe in place of sheet and configuration. Its files are inputs so that they
# are there, and so that Snakemake sees a change in the middle of one.
rule build_store:
    input:
        recipe=plan.recipe,
        samples=plan.files,
        bed=plan.bed,
        reference=plan.reference,
        aliases=plan.aliases,
    output:
        # Beside the place of the store, so that publishing needs no copy. A build that fails
        # or is killed never comes near the earlier store.
        built=temp("results/.built/{cohort}/{digest}.h5"),
    log:
        "logs/build_store/{cohort}.{digest}.log",
    benchmark:
        "logs/build_store/{cohort}.{digest}.benchmark.tsv"
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=mem.build_mem,
        runtime=needs.runtime,
    params:
        begun=plan.begun,
        said=plan.said,
        umask=plan.umask,
        earlier=plan.earlier,
        changed=plan.changed,
        fetched=plan.fetched,
        memory=needs.planned,
    shell:
        "touch {params.begun:q}; umask {params.umask}; printf %s {params.fetched:q} |"
        " methcohort build --recipe {input.recipe:q} --fetched /dev/stdin"
        " --earlier {params.earlier:q} --changed {params.changed}"
        " --workers {threads} --memory {params.memory} --output {output.built:q}"
        " 2>&1 | tee {log:q} {params.said:q}"


rule publish_store:
    input:
        built=plan.built,
        recipe=plan.recipe,
    output:
        # Not update(): Snakemake would copy the whole store before this job, need room for three,
        # and copy it back in place, under those who read it, where the job fails. A disk too full
        # for the copy ends in a traceback, with half a copy left. As it is, the store is absent
        # for some milliseconds, and the new one is there already, in the folder of what is built.
        store="results/{cohort}.h5",
    log:
        "logs/publish_store/{cohort}.log",
    localrule: True
    conda:
        "../envs/methcohort.yaml"
    params:
        begun=plan.begun,
        published=plan.published_file,
        others=plan.other_recipes,
        left=plan.left,
    shell:
        # Where a file system has no hard links, the file moves. What was published is written down
        # before the mark of a build that was begun goes: until then the store is built again. What
        # failed or older builds have left is removed, but for what Snakemake removes by itself.
        "{{ ln {input.built:q} {output.store:q} || mv {input.built:q} {output.store:q}; }} 2> {log:q};"
        ' {{ echo "# $(basename {input.built:q})"; cat {input.recipe:q}; }} > {params.published:q};'
        ' find "$(dirname {input.recipe:q})" -name {params.others:q}'
        ' ! -name "$(basename {input.recipe:q})" -delete;'
        ' find {params.left:q} -type f ! -name "$(basename {input.built:q})" -delete;'
        " rm -f {params.begun:q}"


rule summarize_store:
    input:
        store="results/{cohort}.h5",
    output:
        table=report(
            "results/{cohort}.samples.tsv",
            caption="../report/samples.rst",
            category="Cohorts",
            labels={"cohort": "{cohort}", "page": "table of samples"},
        ),
        page=report(
            "results/{cohort}.html",
            caption="../report/provenance.rst",
            category="Cohorts",
            labels={"cohort": "{cohort}", "page": "provenance and dropped rows"},
        ),
    log:
        "logs/summarize_store/{cohort}.log",
    localrule: True
    conda:
        "../envs/methcohort.yaml"
    params:
        script=get_page_script,
    shell:
        "{{ methcohort info --tsv {input.store:q} > {output.table:q}"
        " && methcohort info --json {input.store:q}"
        " | python3 {params.script:q} {wildcards.cohort:q} > {output.page:q}; }} 2> {log:q}"
        " || {{ if grep -q 'build it again$' {log:q}; then"
        " echo 'To have it built again, remove it and run again.' >> {log:q}; fi;"
        " cat {log:q} >&2; exit 1; }}"
