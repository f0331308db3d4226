/* A hit as JSON: the same fields from `search --json` and from the page of `serve`. */
#ifndef CMD_HIT_JSON_H
#define CMD_HIT_JSON_H

#include "cmd/finder.h"
#include "nn/base/bytes.h"

/* Appends hit i of the answer as one JSON object. query: the question for a hit that names it, or NULL. image: where the picture
 * is, or NULL. STATUS_INPUT where the row is damaged. */
Status hit_json(Buffer *b, const Finder *f, const Answer *a, size_t i, const char *query, const char *image,
                Error *err);

/* The same as a line of stdout. */
Status hit_json_print(const Finder *f, const Answer *a, size_t i, const char *query, const char *picture,
                      Error *err);

#endif
