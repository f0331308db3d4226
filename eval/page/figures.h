/* Charts for a page, for files, or for both. A file NAME.svg is standalone, in colours for paper and without custom properties, so that
 * LaTeX, Inkscape and word processors can read it; NAME.tsv beside it holds the numbers of the chart. */
#ifndef EVAL_FIGURES_H
#define EVAL_FIGURES_H

#include "eval/page/svg.h"
#include "nn/base/error.h"

/* All borrowed. */
typedef struct {
    Buffer *page;       /* NULL: no page */
    const char *folder; /* exists; NULL: no files */
    const char *prefix; /* of the names of the files; NULL: none */
} Figures;

/* name: of the file, [a-z0-9_]. caption: plain text, for the page. Errors: those of writing a file, memory. */
Status figure_lines(const Figures *to, const char *name, const SvgFrame *f, const SvgSeries *series, size_t n,
                    const char *caption, Error *err);
Status figure_bars(const Figures *to, const char *name, const SvgFrame *f, const SvgBar *bars, size_t n,
                   const char *caption, Error *err);
Status figure_histogram(const Figures *to, const char *name, const SvgFrame *f, const double *count,
                        size_t bins, double low, double high, const char *caption, Error *err);
Status figure_scatter(const Figures *to, const char *name, const SvgFrame *f, const SvgPoints *p,
                      const char *caption, Error *err);
Status figure_heat(const Figures *to, const char *name, const SvgFrame *f, const SvgHeat *h,
                   const char *caption, Error *err);

#endif
