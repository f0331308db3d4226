#include "cmd/pages/search_page.h"

#include <stdio.h>
#include <string.h>

#include "cmd/pages/page_picture.h"
#include "eval/page/html.h"
#include "nn/base/alloc.h"

void page_begin(Buffer *b, const Finder *f) {
    char lead[256];
    snprintf(lead, sizeof lead, "%lld cases of %.120s, codes of %d bits, nearest first by differing bits.",
             (long long)index_live(f->index), page_file_name(f->index_path), index_bits(f->index));
    html_begin(b, "MSACH search", lead);
}

Status page_end(Buffer *b, const char *path, Error *err) {
    html_note(b, "Hits of a research model. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the page") : file_write(path, b->data, b->size, err);
}

/* ---- One case as a card ---- */

static const unsigned char NOTHING[1];

static Status add_card(Buffer *b, const Finder *f, const IndexCase *c, int rank, int distance, int match,
                       Error *err) {
    Buffer picture = {0};
    char *path;
    TRY(finder_picture(f, c, &path, err));
    Status s = path ? page_picture(&picture, path, err) : STATUS_OK;
    HtmlHit h = {.rank = rank,
                 .distance = distance,
                 .bits = index_bits(f->index),
                 .id = c->id,
                 .label = c->labels,
                 .labels = (size_t)c->n_labels,
                 .text = c->text ? c->text : "",
                 .picture = picture.data ? picture.data
                            : path       ? NOTHING
                                         : NULL,
                 .picture_size = picture.size,
                 .match = match};
    html_hit(b, &h);
    mem_free(path);
    buffer_free(&picture);
    return s;
}

static Status add_query(Buffer *b, const Finder *f, const Query *q, const IndexCase *self, Error *err) {
    Status s = STATUS_OK;
    if (q->kind == ASK_TEXT) {
        html_heading(b, "Question");
        html_text(b, "%s", q->value);
    } else if (q->kind == ASK_IMAGE) {
        Buffer picture = {0};
        s = page_picture(&picture, q->value, err);
        html_heading(b, "Question");
        html_hits_begin(b);
        HtmlHit h = {.distance = -1,
                     .id = page_file_name(q->value),
                     .text = "",
                     .picture = picture.data ? picture.data : NOTHING,
                     .picture_size = picture.size,
                     .match = -1};
        html_hit(b, &h);
        html_hits_end(b);
        buffer_free(&picture);
    } else {
        html_heading(b, "Question");
        html_hits_begin(b);
        s = add_card(b, f, self, 0, -1, -1, err);
        html_hits_end(b);
    }
    return s;
}

/* ---- One answer ---- */

/* The labels of the case that asks, copied: index_case gives its array away with the next case. */
typedef struct {
    const char **label;
    int n;
} Labels;

static int shares_label(const Labels *own, const IndexCase *c) {
    for (int i = 0; i < own->n; i++)
        for (int k = 0; k < c->n_labels; k++)
            if (strcmp(own->label[i], c->labels[k]) == 0) return 1;
    return 0;
}

static Status add_hits(Buffer *b, const Finder *f, const Answer *a, const Labels *own, Error *err) {
    html_hits_begin(b);
    for (size_t i = 0; i < a->n; i++) {
        IndexCase c;
        TRY(index_case(f->index, a->hit[i].row, &c, err));
        TRY(add_card(b, f, &c, (int)i + 1, a->hit[i].distance, own->n ? shares_label(own, &c) : -1, err));
    }
    html_hits_end(b);
    return STATUS_OK;
}

static Status add_self(Buffer *b, const Finder *f, const Query *q, const Answer *a, Labels *own, Error *err) {
    IndexCase self = {0};
    if (q->kind == ASK_ID) {
        TRY(index_case(f->index, a->row, &self, err));
        own->label = mem_calloc((size_t)self.n_labels + 1, sizeof *own->label);
        if (!own->label) return mem_error(err, "the page");
        for (; own->n < self.n_labels; own->n++) own->label[own->n] = self.labels[own->n];
    }
    return add_query(b, f, q, &self, err);
}

Status page_answer(Buffer *b, const Finder *f, const Query *q, const Answer *a, Error *err) {
    static const char *const heading[2][2] = {{"From a picture to pictures", "From a picture to reports"},
                                              {"From words to pictures", "From words to reports"}};
    Labels own = {0};
    char counted[96];
    html_section_begin(b, heading[a->asked][a->found]);
    Status s = add_self(b, f, q, a, &own, err);
    snprintf(counted, sizeof counted, "%zu nearest by %s code", a->n, modality_name(a->found));
    html_heading(b, a->n ? counted : "Nothing found");
    if (s == STATUS_OK) s = add_hits(b, f, a, &own, err);
    html_section_end(b);
    mem_free(own.label);
    return s;
}
