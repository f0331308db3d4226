/* table.html: one page that holds all. */
#ifndef TRAIN_TABLE_PAGE_H
#define TRAIN_TABLE_PAGE_H

#include "train/table/table_summary.h"

/* Adds the page to b, and writes its charts to the folder `figures`, which exists. */
Status table_page(Buffer *b, const char *figures, const Plan *p, const TableOptions *o, const Summary *s,
                  Error *err);

#endif
