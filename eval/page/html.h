/* One self-contained page, read on a phone as on a desktop, in light and dark, with the keyboard alone and
 * with a screen reader: no script, no network (a content policy forbids both), pictures as data: URIs. Every
 * string is escaped here; callers pass data as it is. Charts (eval/page/svg.h) are written between
 * html_figure_begin and html_figure_end.
 *
 *     Buffer b = {0};
 *     html_begin(&b, "Run of Monday", "MSACH, 64 bits");
 *     html_section_begin(&b, "Losses");
 *     html_figure_begin(&b); svg_lines(&b, ...); html_figure_end(&b, "Loss by epoch.");
 *     html_section_end(&b);
 *     html_end(&b);
 *     if (b.failed) return mem_error(err, "a page");
 *     status = file_write(path, b.data, b.size, err); buffer_free(&b); */
#ifndef EVAL_HTML_H
#define EVAL_HTML_H

#include <stddef.h>

#include "nn/base/bytes.h"

/* lead: one sentence under the title, or NULL. */
void html_begin(Buffer *b, const char *title, const char *lead);
void html_end(Buffer *b);
/* The same for a page of several that lie in one folder, with picture files beside them: those may be shown too. */
void html_begin_of_many(Buffer *b, const char *title, const char *lead);

/* Links in a row; label: what they lead through, for screen readers. current: this page, no link. key: a letter
 * that opens it with the browser's access key, or 0. */
void html_nav_begin(Buffer *b, const char *label);
void html_nav_link(Buffer *b, const char *file, const char *text, int current, char key);
void html_nav_end(Buffer *b);

/* A part of the page with a heading; html_heading: a smaller one within. */
void html_section_begin(Buffer *b, const char *heading);
void html_section_end(Buffer *b);
void html_heading(Buffer *b, const char *heading);

/* A paragraph; at most 4,095 bytes. html_note: set apart, for what must not be overlooked. */
void html_text(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);
void html_note(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);
/* A command or a log, as it is, in a fixed pitch. */
void html_pre(Buffer *b, const char *text);

/* A list of names and values. */
void html_facts_begin(Buffer *b);
void html_fact(Buffer *b, const char *name, const char *fmt, ...) NN_PRINTF(3, 4);
void html_facts_end(Buffer *b);

/* cell (rows, columns); NULL cells are empty. number (columns): 1 = right-aligned digits, NULL: all but the
 * first column. strong (rows, columns): 1 = bold, or NULL. The first cell of a row is its heading. Wide
 * tables scroll by themselves. */
typedef struct {
    const char *caption;
    size_t rows, columns;
    const char *const *head; /* (columns) */
    const char *const *cell;
    const unsigned char *number, *strong;
} HtmlTable;
void html_table(Buffer *b, const HtmlTable *t);

/* A figure with a caption (printf); between them one chart or html_picture. Figures of a grid stand side by
 * side where there is room. */
void html_grid_begin(Buffer *b);
void html_grid_end(Buffer *b);
void html_figure_begin(Buffer *b);
void html_figure_end(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);

/* An inline picture of a PNG, JPEG, GIF or WebP file's bytes. Returns 0, and writes a box that says so, where
 * the bytes are none of these. alt: what it shows. */
int html_picture(Buffer *b, const unsigned char *data, size_t size, const char *alt);

/* Found cases as cards. picture may be NULL (no picture), text "" (no text). */
typedef struct {
    int rank;     /* 0: not shown */
    int distance; /* -1: not shown */
    int bits;
    const char *id;
    const char *const *label;
    size_t labels;
    const char *text;
    const unsigned char *picture; /* bytes of the file */
    size_t picture_size;
    const char *picture_file; /* or a file beside the page; NULL */
    const char *page; /* of the case, which the card leads to: then it shows the text's first lines; NULL */
    int match;        /* 1: shares a label with the query; 0: does not; -1: not known */
} HtmlHit;
void html_hits_begin(Buffer *b);
void html_thumbs_begin(Buffer *b); /* or small ones, many on a screen */
void html_hit(Buffer *b, const HtmlHit *h);
void html_hits_end(Buffer *b);
/* One case over the whole width: its picture beside labels and text. */
void html_case(Buffer *b, const HtmlHit *h);

/* Part of the page that opens on a click or a key. */
void html_details_begin(Buffer *b, const char *summary);
void html_details_end(Buffer *b);

#endif
