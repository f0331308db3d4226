/* Sources of the methods and measures of a table. */
#ifndef TRAIN_TABLE_REFERENCES_H
#define TRAIN_TABLE_REFERENCES_H

#include "nn/base/bytes.h"

/* name: the row of the table, or the measure. authors: separated by " and ", as BibTeX has them. */
typedef struct {
    const char *name, *key, *authors, *title, *where;
    int year;
    const char *link; /* "doi 10..." or "arXiv ..." */
} Reference;
extern const Reference REFERENCES[]; /* ends with a row whose name is NULL */

/* "Authors: title. Where, year. doi ..."; returns text. */
enum { REFERENCE_TEXT = 512 };
const char *reference_text(const Reference *r, char text[REFERENCE_TEXT]);
/* All references as BibTeX, each below a comment with its name. Adds to b. */
void references_bibtex(Buffer *b);

#endif
