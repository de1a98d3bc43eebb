# Stores of methcohort in R, as bsseq::BSseq objects that read from the store as they are used.
#
#   library(bsseq)
#   source(system("methcohort r", intern = TRUE))    # the command prints the path of this file
#   bs <- open_cohort("results/example.h5")
#
# It needs bsseq, HDF5Array and rhdf5 of Bioconductor. docs/r.md of methcohort has recipes.

# Open a store: a BSseq of its sites x samples, with assays M (methylated reads) and Cov (all
# reads) that stay in the file. rowRanges has the sites with strand and context where they are
# known, and the lengths of chromosomes where the store has them; colData has the further columns
# of the sheet, numbers as numbers.
open_cohort <- function(path) {
  .methcohort_check(path)
  text <- function(name) .methcohort_text(rhdf5::h5read(path, name))
  number <- function(name) as.vector(rhdf5::h5read(path, name, bit64conversion = "double"))
  largest <- number("samples/largest_count")
  if (any(largest > .Machine$integer.max))
    stop(path, ": has a count of ", format(max(largest), big.mark = ",", scientific = FALSE),
      " in sample ", text("samples/name")[which.max(largest)],
      ", and HDF5Array would cut it to 2,147,483,647; read layers with ",
      "rhdf5::h5read(path, \"layers/c\", bit64conversion = \"double\")",
      call. = FALSE)
  # As they are stored, uint8 would be raw, without arithmetic. Sums of c and t may need doubles.
  type <- if (any(largest > .Machine$integer.max %/% 2)) "double" else "integer"
  layer <- function(name) HDF5Array::HDF5Array(path, paste0("layers/", name), type = type)
  sites <- .methcohort_sites(path, text, number)
  if (!length(sites)) stop(path, ": has no sites, so there is nothing to open", call. = FALSE)
  M <- layer("c")
  Cov <- M + layer("t")
  colnames(M) <- colnames(Cov) <- text("samples/name")
  se <- SummarizedExperiment::SummarizedExperiment(
    list(M = M, Cov = Cov), rowRanges = sites, colData = .methcohort_sheet(path, text))
  # BSseq() would read all values to check that 0 <= M <= Cov, which a store ensures.
  S4Vectors::new2("BSseq", se, trans = function(x) NULL, parameters = list(), check = FALSE)
}

# Weighted methylation of regions, a matrix of regions x samples: sum of M / sum of Cov, NaN where
# there are no reads. getMeth(what = "perRegion") of bsseq gives the mean of site levels instead.
region_levels <- function(bs, regions) {
  total <- function(type) {
    bsseq::getCoverage(bs, regions = regions, type = type, what = "perRegionTotal")
  }
  levels <- total("M") / total("Cov")
  levels[is.na(levels)] <- NaN
  levels
}

# Stop where packages are missing, or the file is no store that can be read.
.methcohort_check <- function(path) {
  packages <- c("bsseq", "HDF5Array", "rhdf5")
  missing <- packages[!vapply(packages, requireNamespace, NA, quietly = TRUE)]
  if (length(missing))
    stop("open_cohort needs ", paste(missing, collapse = ", "), "; install with BiocManager::",
      "install(c(", paste0("\"", missing, "\"", collapse = ", "), "))", call. = FALSE)
  if (!is.character(path) || length(path) != 1 || is.na(path))
    stop("open_cohort: expected the path of one store", call. = FALSE)
  if (!file.exists(path)) stop(path, ": does not exist; give the path of a store", call. = FALSE)
  if (dir.exists(path)) stop(path, ": is a folder; give the path of a store", call. = FALSE)
  if (file.access(path, 4) != 0) stop(path, ": cannot be read", call. = FALSE)
  if (!isTRUE(as.logical(rhdf5::H5Fis_hdf5(path))))
    stop(path, ": is not an HDF5 file, or was cut; expected a store of methcohort", call. = FALSE)
  known <- rhdf5::h5readAttributes(path, "/")
  if (!identical(.methcohort_text(known[["format"]]), "methcohort"))
    stop(path, ": is not a store of methcohort, or was not finished", call. = FALSE)
  version <- .methcohort_text(known[["format-version"]])
  if (!identical(sub("[.].*", "", version), "1"))
    stop(path, ": has format version ", version, "; this file reads versions 1.x; ",
      "use the methcohort.R of a newer methcohort", call. = FALSE)
}

.methcohort_text <- function(values) {
  values <- as.vector(values)
  if (is.character(values)) Encoding(values) <- "UTF-8"
  values
}

# The sites as GRanges.
.methcohort_sites <- function(path, text, number) {
  listed <- rhdf5::h5ls(path, recursive = 2, datasetinfo = FALSE)
  listed <- paste0(sub("^/", "", listed$group), "/", listed$name)
  pos <- rhdf5::h5read(path, "sites/pos")
  if (!length(pos)) return(GenomicRanges::GRanges())
  chroms <- text("chroms/name")
  assembly <- .methcohort_text(rhdf5::h5readAttributes(path, "/")[["assembly"]])
  lengths <- if ("chroms/length" %in% listed) number("chroms/length") else NA
  lengths[which(lengths > .Machine$integer.max)] <- NA
  about <- GenomeInfoDb::Seqinfo(
    chroms, as.integer(rep_len(lengths, length(chroms))),
    genome = if (identical(assembly, "unknown")) NA_character_ else assembly)
  sites <- GenomicRanges::GRanges(
    S4Vectors::Rle(factor(chroms, chroms), diff(number("chroms/offset"))),
    IRanges::IRanges(as.vector(pos), width = 1L), seqinfo = about)
  kind <- function(name) {
    legend <- .methcohort_text(rhdf5::h5readAttributes(path, paste0("sites/", name))[["legend"]])
    factor(legend, legend)[as.integer(rhdf5::h5read(path, paste0("sites/", name))) + 1L]
  }
  if ("sites/strand" %in% listed) {
    strand <- as.character(kind("strand"))
    BiocGenerics::strand(sites) <- S4Vectors::Rle(ifelse(strand %in% c("+", "-"), strand, "*"))
    S4Vectors::mcols(sites)$context <- S4Vectors::Rle(kind("context"))
  }
  sites
}

# The further columns of the sheet as DataFrame. A column is numbers where all its cells are
# written as such; 007 and TRUE stay text. An empty cell, and NA, are missing.
.methcohort_sheet <- function(path, text) {
  sheet <- S4Vectors::DataFrame(row.names = text("samples/name"))
  columns <- text("sheet/columns")
  if (!length(columns)) return(sheet)
  cells <- rhdf5::h5read(path, "sheet/values")
  number <- "^[-+]?(0|[1-9][0-9]*)?([.][0-9]+)?([eE][-+]?[0-9]+)?$"
  for (k in seq_along(columns)) {
    cell <- .methcohort_text(cells[, k])
    cell[cell %in% c("", "NA")] <- NA
    given <- cell[!is.na(cell)]
    if (length(given) && all(grepl(number, given) & grepl("[0-9]", given)))
      cell <- utils::type.convert(cell, as.is = TRUE, numerals = "no.loss")
    sheet[[columns[k]]] <- cell
  }
  sheet
}
