/* table.html: one page with all results. */
#ifndef TRAIN_TABLE_PAGE_H
#define TRAIN_TABLE_PAGE_H

#include "train/table/table_summary.h"

/* Adds the page to b, and writes its charts to the folder `figures`, which exists. */
Status table_page(Buffer *b, const char *figures, const Plan *p, const TableOptions *o, const Summary *s,
                  Error *err);

/* "NAME_", the prefix of the file names of a data set's charts: the name of the manifest's folder, with _ for special characters. */
void table_file_prefix(char *prefix, size_t size, const char *data);

#endif
