#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/pages/gallery.h"
#include "cmd/pages/page_picture.h"
#include "eval/page/html.h"
#include "hash/code.h"
#include "nn/base/alloc.h"

enum { NAME = 48, CASES_OF_A_PAGE = 60, PAGES_NEAR = 3 };

Status gallery_put(const Gallery *g, const char *name, const Buffer *b, Error *err) {
    if (b->failed) return mem_error(err, "a page of the gallery");
    char *path = path_join(g->folder, name);
    if (!path) return mem_error(err, "a page of the gallery");
    Status s = file_write_plain(path, b->data, b->size, err);
    mem_free(path);
    return s;
}

const char *gallery_picture_name(const Gallery *g, int64_t row, char *name) {
    int kind = g->picture[row];
    if (kind != PICTURE_PNG && kind != PICTURE_JPEG) return NULL;
    snprintf(name, 32, "picture/%06" PRId64 ".%s", row, kind == PICTURE_PNG ? "png" : "jpg");
    return name;
}

static const char *case_name(int64_t row, char *name) {
    snprintf(name, NAME, "case-%06" PRId64 ".html", row);
    return name;
}

/* ---- Cards ---- */

typedef enum { SHOW_PICTURE = 1, SHOW_TEXT = 2 } Show;

/* The card of a case. It borrows the strings of c and picture. */
static HtmlHit card(const Gallery *g, int64_t row, const IndexCase *c, int show, char *picture) {
    const char *file = gallery_picture_name(g, row, picture);
    bool broken = g->picture[row] == PICTURE_BROKEN;
    return (HtmlHit){.distance = -1,
                     .bits = index_bits(g->index),
                     .id = c->id,
                     .label = c->labels,
                     .labels = (size_t)c->n_labels,
                     .text = show & SHOW_TEXT && c->text ? c->text : "",
                     .picture = show & SHOW_PICTURE && broken ? PAGE_NO_PICTURE : NULL,
                     .picture_file = show & SHOW_PICTURE ? file : NULL,
                     .match = -1};
}

/* ---- Lists ---- */

typedef struct {
    const char *title, *lead, *stem;
    const int64_t *row; /* (n) */
    size_t n;
    int label; /* -1: all cases */
} List;

static const char *list_name(const List *l, size_t page, char *name) {
    if (page == 0)
        snprintf(name, NAME, "%s.html", l->stem);
    else
        snprintf(name, NAME, "%s-%zu.html", l->stem, page + 1);
    return name;
}

/* Links to the first and the last page, and to pages near the shown one. */
static void page_links(Buffer *b, const List *l, size_t page, size_t pages) {
    char name[NAME], text[24];
    if (pages < 2) return;
    html_nav_begin(b, "Pages");
    if (page > 0) html_nav_link(b, list_name(l, page - 1, name), "previous", 0, 'p');
    for (size_t i = 0; i < pages; i++) {
        size_t away = i > page ? i - page : page - i;
        if (away > PAGES_NEAR && i != 0 && i != pages - 1) continue;
        snprintf(text, sizeof text, "%zu", i + 1);
        html_nav_link(b, list_name(l, i, name), text, i == page, 0);
    }
    if (page + 1 < pages) html_nav_link(b, list_name(l, page + 1, name), "next", 0, 'n');
    html_nav_end(b);
}

static void label_links(Buffer *b, const Gallery *g, int label) {
    html_nav_begin(b, "Labels");
    html_nav_link(b, "index.html", "all cases", label < 0, 'a');
    for (size_t i = 0; i < g->n_labels; i++) {
        char name[NAME], text[256];
        snprintf(name, sizeof name, "label-%zu.html", i + 1);
        snprintf(text, sizeof text, "%.200s (%zu)", g->label[i].name, g->label[i].n);
        html_nav_link(b, name, text, (int)i == label, 0);
    }
    html_nav_end(b);
}

static Status list_page(const Gallery *g, const List *l, size_t page, size_t pages, Error *err) {
    Buffer b = {0};
    char name[NAME], picture[32], link[NAME];
    size_t first = page * CASES_OF_A_PAGE,
           last = first + CASES_OF_A_PAGE < l->n ? first + CASES_OF_A_PAGE : l->n;
    html_begin_of_many(&b, l->title, l->lead);
    label_links(&b, g, l->label);
    page_links(&b, l, page, pages);
    html_thumbs_begin(&b);
    Status s = STATUS_OK;
    for (size_t i = first; s == STATUS_OK && i < last; i++) {
        IndexCase c;
        s = index_case(g->index, l->row[i], &c, err);
        if (s != STATUS_OK) break;
        HtmlHit h = card(g, l->row[i], &c, g->picture[l->row[i]] ? SHOW_PICTURE : SHOW_TEXT, picture);
        h.page = case_name(l->row[i], link);
        html_hit(&b, &h);
    }
    html_hits_end(&b);
    page_links(&b, l, page, pages);
    html_note(&b, "%s", PAGE_NOT_A_DEVICE);
    html_end(&b);
    if (s == STATUS_OK) s = gallery_put(g, list_name(l, page, name), &b, err);
    buffer_free(&b);
    return s;
}

static Status list_pages(const Gallery *g, const List *l, Error *err) {
    size_t pages = l->n ? (l->n + CASES_OF_A_PAGE - 1) / CASES_OF_A_PAGE : 1;
    for (size_t page = 0; page < pages; page++) TRY(list_page(g, l, page, pages, err));
    return STATUS_OK;
}

Status gallery_lists(const Gallery *g, Error *err) {
    char title[256], lead[256], stem[NAME];
    snprintf(title, sizeof title, "Archive %.200s", page_file_name(g->index_path));
    snprintf(lead, sizeof lead,
             "%zu cases, codes of %d bits. Pick one to see its nearest reports and pictures.", g->n,
             index_bits(g->index));
    List all = {title, lead, "index", g->row, g->n, -1};
    TRY(list_pages(g, &all, err));
    for (size_t i = 0; i < g->n_labels; i++) {
        const GalleryLabel *label = &g->label[i];
        snprintf(title, sizeof title, "Label %.200s", label->name);
        snprintf(lead, sizeof lead, "%zu of %zu cases.", label->n, g->n);
        snprintf(stem, sizeof stem, "label-%zu", i + 1);
        List l = {title, lead, stem, label->row, label->n, (int)i};
        TRY(list_pages(g, &l, err));
    }
    return STATUS_OK;
}

/* ---- One case ---- */

static void case_links(Buffer *b, const Gallery *g, size_t i) {
    char name[NAME];
    html_nav_begin(b, "Cases");
    html_nav_link(b, "index.html", "all cases", 0, 'a');
    if (i > 0) html_nav_link(b, case_name(g->row[i - 1], name), "previous case", 0, 'p');
    if (i + 1 < g->n) html_nav_link(b, case_name(g->row[i + 1], name), "next case", 0, 'n');
    html_nav_end(b);
}

/* The answers of modality 1 - asks, without the case itself. own: its labels. */
static Status add_neighbours(Buffer *b, const Gallery *g, size_t i, Modality asks, const char *const *own,
                             int n_own, Error *err) {
    const Hit *hit = g->hit[asks] + i * (g->k + 1);
    int rank = 0;
    html_hits_begin(b);
    for (size_t k = 0; k < g->found[asks][i] && rank < (int)g->k; k++) {
        IndexCase c;
        char picture[32], link[NAME];
        if (hit[k].row == g->row[i]) continue;
        TRY(index_case(g->index, hit[k].row, &c, err));
        HtmlHit h = card(g, hit[k].row, &c, asks == MODALITY_IMAGE ? SHOW_TEXT : SHOW_PICTURE, picture);
        h.rank = ++rank;
        h.distance = hit[k].distance;
        h.page = case_name(hit[k].row, link);
        h.match = n_own ? page_shares_label(own, n_own, &c) : -1;
        html_hit(b, &h);
    }
    html_hits_end(b);
    if (rank == 0) html_text(b, "No other case has a %s.", asks == MODALITY_IMAGE ? "report" : "picture");
    return STATUS_OK;
}

static Status add_direction(Buffer *b, const Gallery *g, size_t i, Modality asks, const IndexCase *self,
                            const char *const *own, Error *err) {
    static const char *const heading[2] = {"Nearest reports to its picture",
                                           "Nearest pictures to its report"},
                             *const noun[2] = {"picture", "report"};
    html_section_begin(b, heading[asks]);
    Status s = STATUS_OK;
    if (!self->code[asks]) {
        html_text(b, "This case has no %s to ask with.", noun[asks]);
    } else {
        if (self->code[1 - asks])
            html_text(b, "Its own %s lies %d of %d bits away and is not listed.", noun[1 - asks],
                      code_distance(self->code[0], self->code[1], index_bits(g->index)),
                      index_bits(g->index));
        s = add_neighbours(b, g, i, asks, own, self->n_labels, err);
    }
    html_section_end(b);
    return s;
}

static Status case_page(Buffer *b, const Gallery *g, size_t i, const IndexCase *self, const char *const *own,
                        Error *err) {
    char picture[32];
    HtmlHit h = card(g, g->row[i], self, SHOW_PICTURE | SHOW_TEXT, picture);
    h.label = own;
    html_begin_of_many(b, self->id, NULL);
    case_links(b, g, i);
    html_case(b, &h);
    for (Modality m = 0; m < MODALITIES; m++) TRY(add_direction(b, g, i, m, self, own, err));
    html_note(b, "%s", PAGE_NOT_A_DEVICE);
    html_end(b);
    return STATUS_OK;
}

Status gallery_case(const Gallery *g, size_t i, Error *err) {
    IndexCase self;
    char name[NAME];
    Buffer b = {0};
    const char **own;
    TRY(index_case(g->index, g->row[i], &self, err));
    TRY(page_copy_labels(&self, &own, err));
    Status s = case_page(&b, g, i, &self, own, err);
    if (s == STATUS_OK) s = gallery_put(g, case_name(g->row[i], name), &b, err);
    mem_free(own);
    buffer_free(&b);
    return s;
}
