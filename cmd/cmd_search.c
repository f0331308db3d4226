#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/hit_json.h"
#include "cmd/hit_table.h"
#include "cmd/search_ask.h"
#include "cmd/verbs.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

static const Option OPTIONS[] = {
    {"model", 'm', "FILE", NULL,
     PART_QUERIES ? "the model, or the run, that made the index; not needed for --id, --code, filters"
                  : "the model, or the run, that made the index; not needed with --id",
     PLAIN},
    {"index", 'x', "FILE.idx", NULL, "the archive to search", NEEDED},
    {"text", 't', "TEXT", NULL, "ask with a sentence", PLAIN},
    {"image", 'i', "FILE", NULL, "ask with a picture", PLAIN},
    {"id", 0, "ID", NULL, "ask with a case of the index; the case itself is no hit", PLAIN},
    {"code", 0, "HEX", NULL, "ask with a code, two hex digits a byte; needs --find", OF(PART_QUERIES)},
    {"image-features", 0, "F.npy", NULL,
     "ask with each row: features of your own encoder in place of a picture", OF(PART_QUERIES)},
    {"text-features", 0, "G.npy", NULL, "the same in place of a sentence", OF(PART_QUERIES)},
    {"queries", 0, "FILE", NULL, "ask every line of a file; - is standard input", OF(PART_QUERIES)},
    {"find", 'f', "KIND", NULL, "search image or text codes [the opposite of the question]", PLAIN},
    {"label", 'l', "LABEL...", NULL, "only cases that have all of these labels", MANY | OF(PART_FILTER)},
    {"id-match", 0, "REGEX", NULL, "only cases whose id matches (POSIX extended)", OF(PART_FILTER)},
    {"words", 'w', "WORDS", NULL,
     "only cases whose text has these words and \"phrases\", none behind a '-'; alone: list the cases",
     OF(PART_FILTER)},
    {"unseen", 'u', NULL, NULL, "only cases that the model was not trained on", OF(PART_FILTER)},
    {"top", 'k', "N", "10", "most hits of a question; 0: all", PLAIN},
    {"per-group", 'g', "N", NULL, "most hits of a patient or video; 0: all [1; --json, --tsv: 0]",
     OF(PART_ANSWERS)},
    {"rerank", 0, "N", NULL,
     "order the N nearest by the question's scores before the sign; 0: by bits [100; --json, --tsv: 0]",
     OF(PART_ANSWERS)},
    {"radius", 'r', "BITS", NULL, "only hits within this distance", PLAIN},
    {"json", 0, NULL, NULL, "print each hit as one JSON object", OF(PART_JSON)},
    {"tsv", 0, NULL, NULL, "print each hit as one tab-separated line, below a header", PLAIN},
    {"pictures", 0, "DIR", NULL, "where the pictures are, if not where the index says", OF(PART_PAGES)},
    {"html", 0, "FILE.html", NULL, "write a page with pictures and reports", OF(PART_PAGES) | WRITES},
    {"yes", 0, NULL, NULL, "write a page of more than 100 MB", OF(PART_PAGES)},
    OPTION_THREADS,
    OPTION_LAST};

/* ---- One hit ---- */

static const char TSV_HEAD[] = "rank\tdistance\tid\tlabels\timage\ttext\tscore\tconfidence\ttrained_"
                               "on\tgroup\tmore\tties\tconfidence_low\tconfidence_high\n";

/* A field: tab, newline, return and backslash become \t, \n, \r and \\. */
static void tsv_text(const char *text) {
    static const char bytes[] = "\\\n\r\t", letters[] = "\\nrt";
    for (const char *s = text ? text : ""; *s; s++) {
        const char *at = strchr(bytes, *s);
        if (at)
            printf("\\%c", letters[at - bytes]);
        else
            putchar(*s);
    }
}

/* Empty where the number is not known. */
static void tsv_number(double v) {
    putchar('\t');
    if (isfinite(v)) printf("%.9g", v);
}

static void print_tsv(const Answer *a, const char *query, int i, const IndexCase *c, const char *picture,
                      const char *labels) {
    static const char *const trained[] = {"", "no", "yes"}; /* by Trained + 1 */
    const AnswerHit *h = &a->hit[i];
    if (query) {
        tsv_text(query);
        putchar('\t');
    }
    printf("%d", i + 1);
    tsv_number(h->distance < 0 ? (double)NAN : h->distance);
    const char *const field[4] = {c->id, labels, picture, c->text};
    for (int k = 0; k < 4; k++) {
        putchar('\t');
        tsv_text(field[k]);
    }
    tsv_number(h->score);
    tsv_number(h->confidence);
    printf("\t%s\t", trained[h->trained_on + 1]);
    tsv_text(h->group);
    printf("\t%lld\t%lld", (long long)h->more, (long long)a->ties);
    for (int k = 0; k < 2; k++) tsv_number(h->range[k]);
    putchar('\n');
}

/* One line of JSON or TSV. */
static Status print_hit(const Search *s, const char *query, int i, Error *err) {
    IndexCase c;
    Buffer labels = {0};
    char *picture;
    TRY(index_case(s->finder.index, s->answer.hit[i].row, &c, err));
    TRY(finder_picture(&s->finder, &c, &picture, err));
    const char *path = picture ? picture : "";
    Status status = STATUS_OK;
    if (PART_JSON && s->form == AS_JSON) {
        status = hit_json_print(&s->finder, &s->answer, (size_t)i, query, path, err);
    } else {
        finder_labels(&labels, &c);
        if (labels.failed) status = mem_error(err, "the labels");
        if (status == STATUS_OK) print_tsv(&s->answer, query, i, &c, path, (const char *)labels.data);
    }
    mem_free(picture);
    buffer_free(&labels);
    return status;
}

/* ---- One question ---- */

static Status search_ask(Search *s, const Query *q, const char *name, Error *err) {
    TRY(finder_ask(&s->finder, q, &s->options, &s->answer, err));
    if (PART_HINTS) TRY(search_warn(s, q, err));
    if (PART_PAGES && s->form == AS_HTML) return search_html_add(s, q, err);
    if (PART_TERMINAL && s->form == AS_TABLE)
        TRY(hit_table_print(&s->finder, &s->options, s->many ? q : NULL, &s->answer, err));
    for (size_t i = 0; s->form != AS_TABLE && i < s->answer.n && !ferror(stdout); i++)
        TRY(print_hit(s, s->many ? name : NULL, (int)i, err));
    return terminal_flush(err);
}

/* ---- The verb ---- */

static Status read_count(const Args *a, const char *name, size_t standard, size_t *count, Error *err) {
    long given = (long)standard;
    if (args_has(a, name)) TRY(args_int(a, name, 0, INT32_MAX, &given, err));
    *count = (size_t)given;
    return STATUS_OK;
}

static Status read_options(Args *a, Search *s, Error *err) {
    static const char *const kinds[] = {"image", "text", NULL};
    SearchOptions *o = &s->options;
    long k, radius;
    TRY(args_choice(a, "find", kinds, &o->find, err));
    TRY(args_int(a, "top", 0, INT32_MAX, &k, err));
    o->k = (size_t)k;
    if (args_get(a, "radius")) {
        TRY(args_int(a, "radius", 0, index_bits(s->finder.index), &radius, err));
        o->radius = (int)radius;
    }
    if (args_has(a, "json") + args_has(a, "tsv") + args_has(a, "html") > 1)
        return args_wrong(a, err, "only one of --json, --tsv and --html was expected");
    s->form = args_has(a, "json")   ? AS_JSON
              : args_has(a, "tsv")  ? AS_TSV
              : args_has(a, "html") ? AS_HTML
              : PART_TERMINAL       ? AS_TABLE
                                    : AS_TSV;
    bool people = s->form == AS_TABLE || s->form == AS_HTML;
    TRY(read_count(a, "per-group", people ? SEARCH_PEOPLE_PER_GROUP : 0, &o->per_group, err));
    TRY(read_count(a, "rerank", people ? SEARCH_PEOPLE_RERANK : 0, &o->rerank, err));
    s->many = args_has(a, "queries") || args_has(a, "image-features") || args_has(a, "text-features");
    s->page_path = args_get(a, "html");
    s->finder.pictures = args_get(a, "pictures");
    TRY(args_pool(a, err));
    s->finder.pool = a->pool;
    return STATUS_OK;
}

static Status read_question(const Args *a, Query *q, Error *err) {
    static const char *const option[] = {"text", "image", "id", "code"}; /* by QueryKind */
    *q = (Query){.kind = ASK_TEXT};
    while (q->kind < ASK_FILTER && !args_has(a, option[q->kind])) q->kind++;
    if (q->kind < ASK_FILTER) q->value = args_get(a, option[q->kind]);
    return q->value && !q->value[0] ? args_wrong(a, err, "the question is empty") : STATUS_OK;
}

static Status ask_all(const Args *a, Search *s, Error *err) {
    if (PART_PAGES && s->form == AS_HTML) search_html_begin(s);
    if (s->form == AS_TSV) printf("%s%s", s->many ? "query\t" : "", TSV_HEAD);
    if (PART_QUERIES && s->many) {
        TRY(search_ask_many(a, s, search_ask, err));
    } else {
        Query q;
        TRY(read_question(a, &q, err));
        TRY(search_ask(s, &q, q.value, err));
    }
    return PART_PAGES && s->form == AS_HTML ? search_html_end(s, err) : STATUS_OK;
}

static Status run(Args *a, Error *err) {
    static const char *const questions[] = {"text",           "image",         "id", "code", "queries",
                                            "image-features", "text-features", NULL};
    bool asked = false, filtered = args_has(a, "words") || args_has(a, "label") || args_has(a, "id-match");
    for (int i = 0; questions[i]; i++) asked |= args_has(a, questions[i]);
    if (asked || !filtered) TRY(args_one_of(a, questions, err));
    Search s = {.args = a, .form = AS_TABLE, .options = SEARCH_DEFAULT};
    Status status = finder_open(&s.finder, args_get(a, "model"), args_get(a, "index"), &a->log, err);
    if (PART_FILTER && status == STATUS_OK) status = search_filter(&s, err);
    s.options.filter = PART_FILTER ? &s.filter : NULL;
    if (status == STATUS_OK) status = read_options(a, &s, err);
    if (status == STATUS_OK) status = ask_all(a, &s, err);
    answer_free(&s.answer);
    for (int m = 0; m < MODALITIES; m++) mem_free(s.filter.allowed[m]);
    finder_close(&s.finder);
    buffer_free(&s.page);
    return status;
}

const Verb VERB_SEARCH = {
    "search",
    "find the nearest cases to a sentence, a picture or a case",
    "msach search --model runs/first --index phantoms.idx --text \"anechoic cyst\"",
    NULL,
    OPTIONS,
    run,
    PART_QUERIES ? SEARCH_NOTES : "Hits are nearest first; equal distances keep the order of the index.",
    STOP_AT_ONCE};
