/* An answer as a table for people: a row a hit, below it the number of further cases of its group, at the end what the columns mean. */
#ifndef CMD_HIT_TABLE_H
#define CMD_HIT_TABLE_H

#include "cmd/finder.h"

/* Prints to stdout, behind the question q where that is not NULL. On a terminal, and where $COLUMNS is set, long texts and label lists are cut to the width; ids never are. */
Status hit_table_print(const Finder *f, const SearchOptions *o, const Query *q, const Answer *a, Error *err);

#endif
