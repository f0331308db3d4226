/* A question of the page's interface: the query string of /api/search as options of the finder. */
#ifndef CMD_SERVE_ASK_H
#define CMD_SERVE_ASK_H

#include <stdbool.h>

#include "cmd/finder.h"
#include "cmd/finder_filter.h"

enum { ASK_LABELS = 16, ASK_PAGE = 50 /* hits of a page */, ASK_PAGES = 200 };

/* Strings point into memory, filter.labels to labels: an Ask stays where it was parsed. options.filter stays NULL. */
typedef struct {
    Query query; /* of a picture: kind alone */
    SearchOptions options;
    FilterOptions filter;
    bool filtered; /* any condition of `filter` is set */
    const char *labels[ASK_LABELS];
    int page;           /* from 1 */
    const char *radius; /* as given; NULL: none */
    char *memory;
} Ask;

/* Parses "text=...&label=..." (application/x-www-form-urlencoded). An empty value is an absent one.
 *   text, id                               the question; at most one, and none beside a picture; none: list what passes the filter
 *   find, label, words, unseen=1, radius   as the options of `msach search`; label may come again
 *   per_group [1], rerank [100]            the same with other defaults; rerank=0 keeps the order of the index among equals
 *   page [1]                               of ASK_PAGE hits each
 * picture: the question is a picture. STATUS_USAGE where a name, a number or the coding is wrong, or where nothing is asked. ask_free in every
 * case. */
Status ask_parse(Ask *a, const char *query, bool picture, Error *err);
/* Sets options.radius for codes of `bits`. STATUS_USAGE where it is no number from 0 to bits. */
Status ask_set_radius(Ask *a, int bits, Error *err);
void ask_free(Ask *a);

/* Decodes %XX and + of `size` bytes in place and ends the text with 0 (text has room for it); false where a code is damaged, or the text holds a NUL or is not UTF-8. */
bool ask_decode(char *text, size_t size);

#endif
