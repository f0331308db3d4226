/* What `search` asks and prints. */
#ifndef CMD_SEARCH_ASK_H
#define CMD_SEARCH_ASK_H

#include "cmd/args.h"
#include "cmd/finder.h"
#include "nn/base/bytes.h"

typedef enum { AS_TABLE, AS_JSON, AS_TSV, AS_HTML } Form;

typedef struct {
    const Args *args;
    Finder finder;
    Filter filter;
    SearchOptions options;
    Answer answer;
    Form form;
    bool many;   /* --queries: each hit names its question */
    Buffer page; /* AS_HTML */
    const char *page_path;
    double page_size; /* bytes, about */
} Search;

/* Asks and prints the answer. name: the question as given, for hits that name it. */
typedef Status SearchAsk(Search *s, const Query *q, const char *name, Error *err);
/* --html: one page of all answers (search_html.c, of the part pages). */
void search_html_begin(Search *s);
Status search_html_add(Search *s, const Query *q, Error *err);
Status search_html_end(Search *s, Error *err);
/* Fills s->filter from --label, --id-match, --words and --unseen (search_filter.c, of the part filter). */
Status search_filter(Search *s, Error *err);
/* Warns of what the reader of any form of output must know about the answer; STATUS_INPUT as finder_check_found (search_warnings.c, of the part
 * hints). */
Status search_warn(const Search *s, const Query *q, Error *err);
/* Asks every line of --queries, or every row of own features (search_queries.c, of the part queries). */
Status search_ask_many(const Args *a, Search *s, SearchAsk *ask, Error *err);
extern const char SEARCH_NOTES[]; /* the words below the options of --help */

#endif
