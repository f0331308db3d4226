#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/fit.h"
#include "cmd/json_out.h"
#include "cmd/pages/search_page.h"
#include "cmd/queries.h"
#include "cmd/terminal.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "nn/base/sys.h"

static const Option OPTIONS[] = {
    {"model", 'm', "FILE", NULL, "the model, or the run, that made the index; not needed with --id", PLAIN},
    {"index", 'x', "FILE.idx", NULL, "the archive to search", NEEDED},
    {"text", 't', "TEXT", NULL, "ask with a sentence", PLAIN},
    {"image", 'i', "FILE", NULL, "ask with a picture", PLAIN},
    {"id", 0, "ID", NULL, "ask with a case of the index; the case itself is no hit", PLAIN},
    {"queries", 0, "FILE", NULL, "ask every line of a file; - is standard input", PLAIN},
    {"find", 'f', "KIND", NULL, "search image or text codes [the opposite of the question]", PLAIN},
    {"label", 'l', "LABEL...", NULL, "only cases that have all of these labels", MANY},
    {"id-match", 0, "REGEX", NULL, "only cases whose id matches an extended regular expression", PLAIN},
    {"top", 'k', "N", "10", "most hits of a question; 0: all", PLAIN},
    {"radius", 'r', "BITS", NULL, "only hits within this distance", PLAIN},
    {"json", 0, NULL, NULL, "print each hit as one JSON object", PLAIN},
    {"tsv", 0, NULL, NULL, "print each hit as one tab-separated line, below a header", PLAIN},
    {"html", 0, "FILE", NULL, "write a page with pictures and reports", PLAIN},
    OPTION_THREADS,
    OPTION_LAST};

typedef enum { AS_TABLE, AS_JSON, AS_TSV, AS_HTML } Form;

typedef struct {
    Finder finder;
    Answer answer;
    Form form;
    bool many;   /* --queries: each hit names its question */
    Buffer page; /* AS_HTML */
    const char *page_path;
} Search;

/* ---- One hit ---- */

static void print_json(const char *query, int rank, int distance, const IndexCase *c, const char *picture) {
    printf("{");
    if (query) {
        printf("\"query\":");
        json_text(query);
        printf(",");
    }
    printf("\"rank\":%d,\"id\":", rank);
    json_text(c->id);
    printf(",\"distance\":%d,\"labels\":", distance);
    json_texts(c->labels, (size_t)c->n_labels);
    json_text_field("image", picture);
    json_text_field("text", c->text);
    printf("}\n");
}

static void print_labels(Buffer *b, const IndexCase *c) {
    buffer_printf(b, "%s", "");
    for (int i = 0; i < c->n_labels; i++) buffer_printf(b, "%s%s", i ? "|" : "", c->labels[i]);
}

static void print_tsv(const char *query, int rank, int distance, const IndexCase *c, const char *picture,
                      const char *labels) {
    if (query) {
        tsv_text(query);
        putchar('\t');
    }
    printf("%d\t%d\t", rank, distance);
    const char *const field[4] = {c->id, labels, picture, c->text};
    for (int i = 0; i < 4; i++) {
        tsv_text(field[i]);
        putchar(i < 3 ? '\t' : '\n');
    }
}

enum {
    ID_COLUMNS = 24,
    LABEL_COLUMNS = 26,
    BEFORE_TEXT = 4 + 2 + 4 + 2 + ID_COLUMNS + 2 + LABEL_COLUMNS + 2
};

static void print_row(int rank, int distance, const IndexCase *c, const char *labels, int columns) {
    printf("%4d  %4d  ", rank, distance);
    fit_text(stdout, c->id, ID_COLUMNS, 1);
    fputs("  ", stdout);
    fit_text(stdout, labels, LABEL_COLUMNS, 1);
    fputs("  ", stdout);
    int room = columns - BEFORE_TEXT;
    fit_text(stdout, c->text ? c->text : "", room > 20 ? room : 20, 0);
    putchar('\n');
}

static Status print_hit(const Search *s, const char *query, int i, int columns, Error *err) {
    const Hit *h = &s->answer.hit[i];
    IndexCase c;
    Buffer labels = {0};
    TRY(index_case(s->finder.index, h->row, &c, err));
    char *picture;
    TRY(finder_picture(&s->finder, &c, &picture, err));
    print_labels(&labels, &c);
    if (labels.failed) {
        buffer_free(&labels);
        mem_free(picture);
        return mem_error(err, "the labels");
    }
    const char *path = picture ? picture : "", *joined = (const char *)labels.data;
    if (s->form == AS_JSON) print_json(query, i + 1, h->distance, &c, path);
    if (s->form == AS_TSV) print_tsv(query, i + 1, h->distance, &c, path, joined);
    if (s->form == AS_TABLE) print_row(i + 1, h->distance, &c, joined, columns);
    mem_free(picture);
    buffer_free(&labels);
    return STATUS_OK;
}

/* ---- One question ---- */

static void print_heading(const Search *s, const Query *q, int columns) {
    static const char *const by[] = {"text", "image", "id"};
    if (s->form != AS_TABLE) return;
    if (s->many) {
        printf("%s: ", by[q->kind]);
        fit_text(stdout, q->value, columns - 8, 0);
        putchar('\n');
    }
    if (s->answer.n)
        printf("rank  bits  %-*s  %-*s  text\n", (int)ID_COLUMNS, "id", (int)LABEL_COLUMNS, "labels");
    else
        printf("nothing found\n");
}

/* name: the question as given, for hits that name it. */
static Status ask(Search *s, const Query *q, const char *name, Error *err) {
    int columns = fit_columns();
    TRY(finder_ask(&s->finder, q, &s->answer, err));
#if PART_PAGES
    if (s->form == AS_HTML) return page_answer(&s->page, &s->finder, q, &s->answer, err);
#endif
    print_heading(s, q, columns);
    for (size_t i = 0; i < s->answer.n && !ferror(stdout); i++)
        TRY(print_hit(s, s->many ? name : NULL, (int)i, columns, err));
    if (s->many && s->form == AS_TABLE) putchar('\n');
    return terminal_flush(err);
}

static Status ask_lines(Search *s, FILE *from, const char *path, Error *err) {
    Queries lines = {.from = from, .path = path};
    Query q;
    bool more;
    Status status;
    while ((status = queries_next(&lines, &q, &more, err)) == STATUS_OK && more) {
        status = ask(s, &q, (const char *)lines.text.data, err);
        if (status == STATUS_OK) continue;
        error_prefix(err, "%s:%d", path, lines.line);
        break;
    }
    queries_free(&lines);
    return status;
}

static Status ask_file(Search *s, const char *path, Error *err) {
    if (strcmp(path, "-") == 0) return ask_lines(s, stdin, "standard input", err);
    FILE *from = path_is_dir(path) ? NULL : sys_fopen(path);
    if (!from && path_is_dir(path)) errno = EISDIR;
    if (!from) return error_from_errno(err, path, "read");
    Status status = ask_lines(s, from, path, err);
    fclose(from);
    return status;
}

/* ---- The verb ---- */

static Status read_options(Args *a, Search *s, Error *err) {
    static const char *const kinds[] = {"image", "text", NULL};
    Finder *f = &s->finder;
    long k, radius;
    TRY(args_choice(a, "find", kinds, &f->find, err));
    TRY(args_int(a, "top", 0, INT32_MAX, &k, err));
    f->k = (size_t)k;
    if (args_get(a, "radius")) {
        TRY(args_int(a, "radius", 0, index_bits(f->index), &radius, err));
        f->radius = (int)radius;
    }
    if (args_has(a, "json") + args_has(a, "tsv") + args_has(a, "html") > 1)
        return args_wrong(a, err, "only one of --json, --tsv and --html was expected");
    if (args_has(a, "html") && !PART_PAGES) return args_wrong(a, err, "--html: " PART_ABSENT("pages"));
    s->form = args_has(a, "json")   ? AS_JSON
              : args_has(a, "tsv")  ? AS_TSV
              : args_has(a, "html") ? AS_HTML
                                    : AS_TABLE;
    s->many = args_has(a, "queries");
    s->page_path = args_get(a, "html");
    TRY(args_pool(a, err));
    f->pool = a->pool;
    return STATUS_OK;
}

static Status ask_all(const Args *a, Search *s, Error *err) {
#if PART_PAGES
    if (s->form == AS_HTML) page_begin(&s->page, &s->finder);
#endif
    if (s->form == AS_TSV) printf("%srank\tdistance\tid\tlabels\timage\ttext\n", s->many ? "query\t" : "");
    if (s->many) {
        TRY(ask_file(s, args_get(a, "queries"), err));
    } else {
        Query q = {args_has(a, "text") ? ASK_TEXT : args_has(a, "image") ? ASK_IMAGE : ASK_ID, NULL};
        q.value = args_get(a, q.kind == ASK_TEXT ? "text" : q.kind == ASK_IMAGE ? "image" : "id");
        if (!q.value[0]) return args_wrong(a, err, "the question is empty");
        TRY(ask(s, &q, q.value, err));
    }
#if PART_PAGES
    if (s->form == AS_HTML) {
        TRY(page_end(&s->page, s->page_path, err));
        printf("%s\n", s->page_path);
    }
#endif
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    static const char *const questions[] = {"text", "image", "id", "queries", NULL};
    TRY(args_one_of(a, questions, err));
    const char **labels;
    int n;
    TRY(args_list(a, "label", &labels, &n, err));
    FinderOptions o = {args_get(a, "model"), args_get(a, "index"), labels, n, args_get(a, "id-match")};
    Search s = {.form = AS_TABLE};
    Status status = finder_open(&s.finder, &o, &a->log, err);
    if (status == STATUS_OK) status = read_options(a, &s, err);
    if (status == STATUS_OK) status = ask_all(a, &s, err);
    answer_free(&s.answer);
    finder_close(&s.finder);
    buffer_free(&s.page);
    mem_free(labels);
    return status;
}

const Verb VERB_SEARCH = {"search",
                          "find the nearest cases to a sentence, a picture or a case",
                          "msach search --model runs/first --index phantoms.idx --text \"anechoic cyst\"",
                          NULL,
                          OPTIONS,
                          run,
                          "Hits are nearest first; equal distances keep the order of the index. A line of "
                          "--queries is a sentence,\n"
                          "\"@image PATH\" or \"@id ID\"; each line is answered at once.",
                          STOP_AT_ONCE};
