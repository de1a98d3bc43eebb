# Run blocks of R code one after another, as a person at a prompt would, and write them down with
# what they print behind "#> ": Rscript blocks.R BLOCK.R ...; each BLOCK.R is written anew.
options(width = 100, digits = 7)

shown <- function(expression, environment) {
  wanted <- character()
  said <- utils::capture.output(suppressMessages(withCallingHandlers({
    value <- withVisible(eval(expression, environment))
    if (value$visible) print(value$value)
  }, warning = function(warning) {
    wanted <<- c(wanted, paste("Warning:", conditionMessage(warning)))
    invokeRestart("muffleWarning")
  })))
  said <- said[!grepl("\r", said)]  # progress bars
  trimws(paste("#>", c(said, unique(wanted)), recycle0 = TRUE), "right")
}

rendered <- function(path, environment) {
  lines <- grep("^#>", readLines(path, encoding = "UTF-8"), invert = TRUE, value = TRUE)
  code <- parse(text = lines, keep.source = TRUE)
  ends <- vapply(attr(code, "srcref"), function(place) place[3], 1L)
  out <- character()
  done <- 0
  for (k in seq_along(code)) {
    out <- c(out, lines[seq_len(ends[k] - done) + done], shown(code[[k]], environment))
    done <- ends[k]
  }
  c(out, lines[seq_len(length(lines) - done) + done])
}

environment <- new.env()
for (path in commandArgs(trailingOnly = TRUE)) writeLines(rendered(path, environment), path)
