#include <stdio.h>
#include <string.h>

#include "cmd/pages/gallery.h"
#include "cmd/pages/page_parts.h"
#include "hash/code.h"
#include "nn/base/alloc.h"

enum { NAME = GALLERY_NAME, LABELS_IN_A_ROW = 30 };

/* From a page in a folder of a folder to the folder of the gallery. */
static const char UP[] = "../../";

Status gallery_put(const Gallery *g, const char *name, const Buffer *b, Error *err) {
    if (b->failed) return mem_error(err, "a page of the gallery");
    char *path = path_join(g->folder, name);
    if (!path) return mem_error(err, "a page of the gallery");
    Status s = file_write_plain(path, b->data, b->size, err);
    mem_free(path);
    return s;
}

const char *gallery_name(char *name, const char *root, const char *kind, size_t n, const char *ending) {
    snprintf(name, NAME, "%s%s/%03zu/%06zu.%s", root, kind, n / 1000, n, ending);
    return name;
}

const char *gallery_picture_name(const Gallery *g, const char *root, int64_t row, char *name) {
    int kind = g->picture[row];
    if (kind != PICTURE_PNG && kind != PICTURE_JPEG) return NULL;
    return gallery_name(name, root, "picture", (size_t)row, kind == PICTURE_PNG ? "png" : "jpg");
}

static void add_picture(const Gallery *g, const char *root, int64_t row, HtmlHit *h, char *name) {
    h->picture_file = gallery_picture_name(g, root, row, name);
    h->picture = g->picture[row] == PICTURE_BROKEN ? PAGE_NO_PICTURE : NULL;
}

/* The search box, and what every page ends with. */
static void begin(Buffer *b, const Gallery *g, const char *title, const char *lead, const char *root) {
    html_begin_of_many(b, title, lead, root);
    html_find(b, root, (g->n + GALLERY_FIND_CASES - 1) / GALLERY_FIND_CASES);
}

static void end(Buffer *b, const Gallery *g) {
    char day[16];
    html_day(day);
    html_note(b, "%s, model %s, %s. %s", page_file_name(g->finder.index_path),
              index_model_hash(g->finder.index), day, PAGE_NOT_A_DEVICE);
    html_end(b);
}

/* ---- Lists ---- */

typedef struct {
    const char *title, *lead;
    const int64_t *row; /* (n) */
    size_t n, first;    /* first: number of its first page; 0 is index.html */
    int label;          /* -1: all cases */
} List;

static const char *list_name(const char *root, size_t number, char *name) {
    if (number) return gallery_name(name, root, "list", number, "html");
    snprintf(name, NAME, "%sindex.html", root);
    return name;
}

/* Links to the first and the last page, to the next ones, and in steps of 10, 100 and 1,000: four clicks lead to any of 10,000 pages. */
static bool is_linked(size_t i, size_t page, size_t pages) {
    size_t away = i > page ? i - page : page - i;
    return away <= 2 || away == 10 || away == 100 || away == 1000 || i == 0 || i == pages - 1;
}

static void page_links(Buffer *b, const List *l, const char *root, size_t page, size_t pages) {
    char name[NAME], text[24];
    if (pages < 2) return;
    html_nav_begin(b, "Pages");
    if (page > 0) html_nav_link(b, list_name(root, l->first + page - 1, name), "previous", 0, 'p');
    for (size_t i = 0; i < pages; i++) {
        if (!is_linked(i, page, pages)) {
            if (is_linked(i - 1, page, pages)) html_nav_gap(b);
            continue;
        }
        snprintf(text, sizeof text, "%zu", i + 1);
        html_nav_link(b, list_name(root, l->first + i, name), text, i == page, 0);
    }
    if (page + 1 < pages) html_nav_link(b, list_name(root, l->first + page + 1, name), "next", 0, 'n');
    html_nav_end(b);
}

static void label_links(Buffer *b, const Gallery *g, const char *root, int label) {
    char name[NAME], text[256];
    bool fold = g->n_labels > LABELS_IN_A_ROW;
    snprintf(text, sizeof text, "%zu labels", g->n_labels);
    if (fold) html_details_begin(b, text);
    html_nav_begin(b, "Labels");
    html_nav_link(b, list_name(root, 0, name), "all cases", label < 0, 'a');
    for (size_t i = 0; i < g->n_labels; i++) {
        snprintf(text, sizeof text, "%.200s (%zu)", g->label[i].name, g->label[i].n);
        html_nav_link(b, list_name(root, g->label[i].first, name), text, (int)i == label, 0);
    }
    html_nav_end(b);
    if (fold) html_details_end(b);
}

static Status list_cards(Buffer *b, const Gallery *g, const List *l, const char *root, size_t page,
                         Error *err) {
    char picture[NAME], link[NAME];
    size_t first = page * GALLERY_LIST_CASES, last = first + GALLERY_LIST_CASES;
    html_thumbs_begin(b);
    for (size_t i = first; i < last && i < l->n; i++) {
        IndexCase c;
        TRY(index_case(g->finder.index, l->row[i], &c, err));
        HtmlHit h = page_card(&g->finder, &c, NULL, 0, NULL, -1);
        add_picture(g, root, l->row[i], &h, picture);
        if (h.picture || h.picture_file) h.text = "";
        h.page = gallery_name(link, root, "case", (size_t)l->row[i], "html");
        html_hit(b, &h);
    }
    html_hits_end(b);
    return STATUS_OK;
}

static Status list_page(const Gallery *g, const List *l, size_t page, size_t pages, Error *err) {
    Buffer b = {0}, command = {0};
    char name[NAME];
    const char *root = l->first + page ? UP : "";
    begin(&b, g, l->title, l->lead, root);
    label_links(&b, g, root, l->label);
    page_links(&b, l, root, page, pages);
    Status s = list_cards(&b, g, l, root, page, err);
    page_links(&b, l, root, page, pages);
    if (l->first + page == 0) page_source(&b, &g->finder, args_command(g->args, &command));
    end(&b, g);
    if (s == STATUS_OK) s = gallery_put(g, list_name("", l->first + page, name), &b, err);
    buffer_free(&command);
    buffer_free(&b);
    return s;
}

static Status list_pages(const Gallery *g, const List *l, Error *err) {
    size_t pages = l->n ? (l->n + GALLERY_LIST_CASES - 1) / GALLERY_LIST_CASES : 1;
    for (size_t page = 0; page < pages; page++) TRY(list_page(g, l, page, pages, err));
    return STATUS_OK;
}

Status gallery_lists(const Gallery *g, Error *err) {
    char title[256], lead[256];
    snprintf(title, sizeof title, "Archive %.200s", page_file_name(g->finder.index_path));
    snprintf(lead, sizeof lead,
             "%zu cases, codes of %d bits. Choose one to see its nearest reports and pictures.", g->n,
             index_bits(g->finder.index));
    List all = {title, lead, g->row, g->n, 0, -1};
    TRY(list_pages(g, &all, err));
    for (size_t i = 0; i < g->n_labels; i++) {
        const GalleryLabel *label = &g->label[i];
        snprintf(title, sizeof title, "Label %.200s", label->name);
        snprintf(lead, sizeof lead, "%zu of %zu cases.", label->n, g->n);
        List l = {title, lead, label->row, label->n, label->first, (int)i};
        TRY(list_pages(g, &l, err));
    }
    return STATUS_OK;
}

/* ---- One case ---- */

static void case_links(Buffer *b, const Gallery *g, size_t i) {
    char name[NAME];
    html_nav_begin(b, "Cases");
    html_nav_link(b, list_name(UP, i / GALLERY_LIST_CASES, name), "all cases", 0, 'a');
    if (i > 0)
        html_nav_link(b, gallery_name(name, UP, "case", (size_t)g->row[i - 1], "html"), "previous case", 0,
                      'p');
    if (i + 1 < g->n)
        html_nav_link(b, gallery_name(name, UP, "case", (size_t)g->row[i + 1], "html"), "next case", 0, 'n');
    html_nav_end(b);
}

/* The answers of modality 1 - asks. own (n_own): the labels of the case that asks. marks: its report where the report asks. */
static Status add_neighbours(Buffer *b, Gallery *g, const char *id, Modality asks, const char *const *own,
                             int n_own, const char *marks, Error *err) {
    Answer *a = &g->answer;
    g->options.find = (int)modality_other(asks);
    TRY(finder_ask(&g->finder, &(Query){.kind = ASK_ID, .value = id}, &g->options, a, err));
    if (a->n == 0) html_text(b, "No other case has a %s.", asks == MODALITY_IMAGE ? "report" : "picture");
    page_answer_facts(b, &g->finder, a);
    html_hits_begin(b);
    for (size_t k = 0; k < a->n; k++) {
        IndexCase c;
        char picture[NAME], link[NAME];
        TRY(index_case(g->finder.index, a->hit[k].row, &c, err));
        HtmlHit h = page_card(&g->finder, &c, &a->hit[k], (int)k + 1, marks,
                              n_own ? page_shares_label(own, n_own, &c) : -1);
        add_picture(g, UP, a->hit[k].row, &h, picture);
        h.page = gallery_name(link, UP, "case", (size_t)a->hit[k].row, "html");
        html_hit(b, &h);
    }
    html_hits_end(b);
    return STATUS_OK;
}

static Status add_direction(Buffer *b, Gallery *g, Modality asks, const IndexCase *self, Error *err) {
    static const char *const heading[2] = {"Nearest reports to its picture",
                                           "Nearest pictures to its report"},
                             *const noun[2] = {"picture", "report"};
    int bits = index_bits(g->finder.index);
    html_section_begin(b, heading[asks]);
    Status s = STATUS_OK;
    if (!self->code[asks]) {
        html_text(b, "This case has no %s to ask with.", noun[asks]);
    } else {
        if (self->code[1 - asks])
            html_text(b, "Its own %s lies %d of %d bits away and is not listed.", noun[1 - asks],
                      code_distance(self->code[0], self->code[1], bits), bits);
        s = add_neighbours(b, g, self->id, asks, self->labels, self->n_labels,
                           asks == MODALITY_TEXT ? self->text : NULL, err);
    }
    html_section_end(b);
    return s;
}

/* self: with labels of its own. */
static Status case_page(Buffer *b, Gallery *g, size_t i, const IndexCase *self, Error *err) {
    char picture[NAME];
    HtmlHit h = page_card(&g->finder, self, NULL, 0, NULL, -1);
    add_picture(g, UP, g->row[i], &h, picture);
    begin(b, g, self->id, NULL, UP);
    case_links(b, g, i);
    html_case(b, &h);
    for (Modality m = 0; m < MODALITIES; m++) TRY(add_direction(b, g, m, self, err));
    end(b, g);
    return STATUS_OK;
}

Status gallery_case(Gallery *g, size_t i, Error *err) {
    IndexCase self;
    char name[NAME];
    Buffer b = {0};
    const char **own;
    TRY(index_case(g->finder.index, g->row[i], &self, err));
    TRY(page_copy_labels(&self, &own, err));
    self.labels = own;
    Status s = case_page(&b, g, i, &self, err);
    if (s == STATUS_OK)
        s = gallery_put(g, gallery_name(name, "", "case", (size_t)g->row[i], "html"), &b, err);
    mem_free(own);
    buffer_free(&b);
    return s;
}
