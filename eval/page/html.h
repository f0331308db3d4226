/* Writes one self-contained HTML page: for phone and desktop, light and dark, keyboard and screen reader. The page has no
 * script and no network access; a content policy forbids both. Pictures are data: URIs. Pages of a folder (html_begin_of_many) may use
 * its pictures and script files. Every string is escaped here, so callers pass data unchanged. Out of memory sets Buffer.failed.
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

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/bytes.h"

/* Opens a page. lead: one sentence under the title, or NULL. */
void html_begin(Buffer *b, const char *title, const char *lead);
void html_end(Buffer *b);
/* Opens one page of several in a folder, whose files it may use: pictures, ROOTstyle.css (html_style), scripts. root leads from the page
 * to that folder: "", or "../../". */
void html_begin_of_many(Buffer *b, const char *title, const char *lead, const char *root);
void html_style(Buffer *b);
/* A search box over `parts` lists of cases, which the script ROOTfind.js fills; without scripts the box is not shown. */
void html_find(Buffer *b, const char *root, size_t parts);

/* A row of links. label: the purpose of the links, for screen readers. current: names this page, without a link. key: the
 * letter of the browser's access key that opens the link, or 0. */
void html_nav_begin(Buffer *b, const char *label);
void html_nav_link(Buffer *b, const char *file, const char *text, bool current, char key);
void html_nav_gap(Buffer *b); /* "…": pages without a link */
void html_nav_end(Buffer *b);

/* A part of the page with a heading. html_heading: a smaller heading within a part. */
void html_section_begin(Buffer *b, const char *heading);
void html_section_end(Buffer *b);
void html_heading(Buffer *b, const char *heading);

/* A paragraph of at most 4,095 bytes; longer text is cut. html_note: a highlighted paragraph. */
void html_text(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);
void html_note(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);
/* A command or a log, unchanged, in a fixed-width font. */
void html_pre(Buffer *b, const char *text);

/* A list of names and values. A value has at most 4,095 bytes. */
void html_facts_begin(Buffer *b);
void html_fact(Buffer *b, const char *name, const char *fmt, ...) NN_PRINTF(3, 4);
void html_facts_end(Buffer *b);

/* A table, written cell by cell, row by row. The first cell of a row is its heading. A wide table scrolls horizontally. */
typedef struct {
    Buffer *b;
    const char *align;
    size_t start, columns, cells; /* start: size of the buffer before the table */
} HtmlTable;
/* align: one letter a column, 'l' for text, 'r' for digits aligned right. head: a heading for each column. caption: also the
 * name for screen readers. Captions and heads are borrowed until the call returns, align until html_table_end. */
HtmlTable html_table_begin(Buffer *b, const char *caption, const char *align, const char *const *head);
/* At most 4,095 bytes. */
void html_cell(HtmlTable *t, bool strong, const char *fmt, ...) NN_PRINTF(3, 4);
/* Ends the table after a whole row. A table without cells leaves nothing in the buffer. */
void html_table_end(HtmlTable *t);

/* A figure with a caption (printf). Between begin and end comes one chart (eval/page/svg.h) or one html_picture. Figures of a
 * grid are side by side where the page is wide enough. */
void html_grid_begin(Buffer *b);
void html_grid_end(Buffer *b);
void html_figure_begin(Buffer *b);
void html_figure_end(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);

/* An inline picture from the bytes of a PNG, JPEG, GIF or WebP file. Other bytes give a box that says that there is no
 * picture, and false. alt: what the picture shows. */
bool html_picture(Buffer *b, const unsigned char *data, size_t size, const char *alt);

/* Cases as cards. Zero or NULL leaves a part out, unless a comment names another value. */
typedef struct {
    int rank;
    int distance; /* in bits; -1: not shown */
    int bits;     /* length of a code */
    const char *id;
    const char *const *label; /* (labels) */
    size_t labels;
    const char *text;
    const unsigned char *picture; /* (picture_size) bytes of a picture file */
    size_t picture_size;
    const char *picture_file; /* or the name of a file beside the page */
    const char *page; /* of the case; the card links to it and shows only the first lines of the text */
    int match;        /* 1: shares a label with the query; 0: shares none; -1: not shown */
    bool trained;     /* the model was trained on the case */
    double
        share; /* of validation cases at this distance that share a label, 0 < share <= 1; else not shown */
    double range[2];   /* what it lies between for other patients; range[1] 0: not shown */
    long long more;    /* further cases of the group, which are not shown */
    const char *words; /* a sentence whose words are marked in the text */
} HtmlHit;
void html_hits_begin(Buffer *b);
void html_thumbs_begin(Buffer *b); /* the same with smaller cards */
void html_hit(Buffer *b, const HtmlHit *h);
void html_hits_end(Buffer *b);
/* One case over the whole width: the picture beside labels and text. */
void html_case(Buffer *b, const HtmlHit *h);

/* The day in UTC, or that of the environment variable SOURCE_DATE_EPOCH (seconds since 1970), for reproducible pages. */
void html_day(char text[16]);

/* A part of the page that opens on a click or a key, and is open on paper. */
void html_details_begin(Buffer *b, const char *summary);
void html_details_end(Buffer *b);

#endif
