# Bioconductor's bsseq: read.bismark into HDF5 on disk.
#
# Arguments: a sheet of Bismark coverage files, the folder for assays.h5 and se.rds, the number of
# workers. The coverage files hold the same rows as the five-column text; they are made before.
suppressPackageStartupMessages({
  library(bsseq)
  library(HDF5Array)
  library(BiocParallel)
})
arguments <- commandArgs(trailingOnly = TRUE)
sheet <- read.delim(arguments[1], colClasses = "character")
# The coverage files give one position a site, so strands are not put together.
invisible(read.bismark(
  files = sheet$path,
  colData = DataFrame(row.names = sheet$sample),
  rmZeroCov = FALSE,
  strandCollapse = FALSE,
  BACKEND = "HDF5Array",
  dir = file.path(arguments[2], "bsseq"),
  level = 1L,
  BPPARAM = MulticoreParam(as.integer(arguments[3])),
  verbose = FALSE
))
