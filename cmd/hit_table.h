/* An answer as a table for people: a row a hit, below it the number of further cases of its group, at the end what the columns mean. */
#ifndef CMD_HIT_TABLE_H
#define CMD_HIT_TABLE_H

#include "cmd/finder.h"
#include "nn/base/bytes.h"

/* Prints to stdout. On a terminal, and where $COLUMNS is set, long texts and label lists are cut to the width; ids never are. */
Status hit_table_print(const Finder *f, const SearchOptions *o, const Answer *a, Error *err);

/* The labels of a case with '|' between them, appended to b with an ending 0. */
void hit_labels(Buffer *b, const IndexCase *c);

#endif
