#include "cmd/pages/search_page.h"

#include <stdio.h>
#include <string.h>

#include "cmd/pages/page_parts.h"
#include "eval/page/html.h"
#include "nn/base/alloc.h"

void page_begin(Buffer *b, const Finder *f) {
    char lead[256];
    snprintf(lead, sizeof lead,
             "%lld cases of %.120s, nearest first. A code has %d bits: the fewer differ, the nearer.",
             (long long)index_live(f->index), page_file_name(f->index_path), index_bits(f->index));
    html_begin(b, "MSACH search", lead);
}

Status page_end(Buffer *b, const Finder *f, const char *command, const char *path, Error *err) {
    page_source(b, f, command);
    html_note(b, "%s", PAGE_NOT_A_DEVICE);
    html_end(b);
    return b->failed ? mem_error(err, "the page") : file_write(path, b->data, b->size, err);
}

/* ---- One case as a card ---- */

/* hit: NULL for the case that asks. words: the sentence that asks, or NULL. */
static Status add_card(Buffer *b, const Finder *f, const IndexCase *c, int rank, const AnswerHit *hit,
                       const char *words, int match, Error *err) {
    Buffer picture = {0};
    char *path;
    TRY(finder_picture(f, c, &path, err));
    Status s = path ? page_picture(&picture, path, err) : STATUS_OK;
    HtmlHit h = page_card(f, c, hit, rank, words, match);
    h.picture = picture.data ? picture.data : path ? PAGE_NO_PICTURE : NULL;
    h.picture_size = picture.size;
    html_hit(b, &h);
    mem_free(path);
    buffer_free(&picture);
    return s;
}

/* The question. self: the case that asks, for ASK_ID. */
static Status add_query(Buffer *b, const Finder *f, const Query *q, const IndexCase *self, Error *err) {
    html_heading(b, "Question");
    if (q->kind == ASK_TEXT || q->kind == ASK_CODE || q->features) {
        html_text(b, "%s%s", q->kind == ASK_CODE ? "Code " : q->features ? "Features " : "", q->value);
        return STATUS_OK;
    }
    Status s;
    Buffer picture = {0};
    html_hits_begin(b);
    if (q->kind == ASK_ID) {
        s = add_card(b, f, self, 0, NULL, NULL, -1, err);
    } else {
        s = page_picture(&picture, q->value, err);
        HtmlHit h = {.distance = -1,
                     .id = page_file_name(q->value),
                     .text = "",
                     .picture = picture.data ? picture.data : PAGE_NO_PICTURE,
                     .picture_size = picture.size,
                     .match = -1};
        html_hit(b, &h);
    }
    html_hits_end(b);
    buffer_free(&picture);
    return s;
}

/* ---- One answer ---- */

/* The words to mark: of the question, and of the filter but for those behind a '-'. */
static void add_marks(Buffer *marks, const Query *q, const char *filter) {
    bool quoted = false, absent = false, begins = true;
    buffer_printf(marks, "%s ", q->kind == ASK_TEXT ? q->value : "");
    for (const char *s = filter ? filter : ""; *s; s++) {
        if (begins) absent = *s == '-';
        if (*s == '"') quoted = !quoted;
        begins = *s == ' ' && !quoted;
        buffer_add(marks, absent ? " " : s, 1);
    }
}

/* own (n): the labels of the case that asks; n 0: not known. */
static Status add_hits(Buffer *b, const Finder *f, const char *marks, const Answer *a, const char *const *own,
                       int n, Error *err) {
    html_hits_begin(b);
    for (size_t i = 0; i < a->n; i++) {
        IndexCase c;
        TRY(index_case(f->index, a->hit[i].row, &c, err));
        TRY(add_card(b, f, &c, (int)i + 1, &a->hit[i], marks, n ? page_shares_label(own, n, &c) : -1, err));
    }
    html_hits_end(b);
    return STATUS_OK;
}

Status page_answer(Buffer *b, const Finder *f, const Query *q, const char *filter, const Answer *a,
                   Error *err) {
    static const char *const heading[3][2] = {{"From a picture to pictures", "From a picture to reports"},
                                              {"From words to pictures", "From words to reports"},
                                              {"From a code to pictures", "From a code to reports"}};
    IndexCase self = {0};
    const char **own = NULL;
    Buffer marks = {0};
    char counted[96];
    html_section_begin(b, q->kind == ASK_FILTER ? "Cases that pass the filter"
                                                : heading[q->kind == ASK_CODE ? 2 : a->asked][a->found]);
    Status s = q->kind == ASK_ID ? index_case(f->index, a->row, &self, err) : STATUS_OK;
    if (s == STATUS_OK) s = page_copy_labels(&self, &own, err);
    if (s == STATUS_OK && q->kind != ASK_FILTER) s = add_query(b, f, q, &self, err);
    if (q->kind == ASK_FILTER)
        snprintf(counted, sizeof counted, "%zu of %lld cases", a->n, (long long)a->ties);
    else
        snprintf(counted, sizeof counted, "The %zu nearest %s", a->n,
                 a->found == MODALITY_IMAGE ? "pictures" : "reports");
    html_heading(b, a->n ? counted : "Nothing found");
    page_answer_facts(b, f, a);
    add_marks(&marks, q, filter);
    if (s == STATUS_OK) s = add_hits(b, f, buffer_text(&marks), a, own, self.n_labels, err);
    html_section_end(b);
    buffer_free(&marks);
    mem_free(own);
    return s;
}

Status page_answer_size(const Finder *f, const Answer *a, double *bytes, Error *err) {
    enum { SAMPLE = 1000, MARKUP = 500 };
    size_t step = a->n / SAMPLE + 1;
    for (size_t i = 0; i < a->n; i += step) {
        IndexCase c;
        char *path;
        TRY(index_case(f->index, a->hit[i].row, &c, err));
        TRY(finder_picture(f, &c, &path, err));
        double picture = path ? 4 * page_picture_size(path) / 3 : 0; /* base64 */
        *bytes += (double)step * (picture + (c.text ? (double)strlen(c.text) : 0) + MARKUP);
        mem_free(path);
    }
    return STATUS_OK;
}
