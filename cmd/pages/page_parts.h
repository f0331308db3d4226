/* What the pages of search and gallery share: cards, pictures, the facts of an answer, what made the page. */
#ifndef CMD_PAGE_PARTS_H
#define CMD_PAGE_PARTS_H

#include "cmd/args.h"
#include "cmd/finder.h"
#include "eval/page/html.h"
#include "hash/search/index.h"
#include "nn/base/bytes.h"

/* Appends the bytes to show: a small PNG or JPEG file as it is, any other picture as a small gray PNG. Appends nothing where the file is
 * missing or damaged. */
Status page_picture(Buffer *out, const char *path, Error *err);
/* About as many bytes as page_picture appends, from the size of the file alone. */
double page_picture_size(const char *path);
/* The last part of a path: a page may be sent to others, so it names files, not folders. */
const char *page_file_name(const char *path);

/* The labels of a case, copied: index_case reuses its array for the next case. *own (c->n_labels) is the caller's to free; the strings live as
 * long as the index. */
Status page_copy_labels(const IndexCase *c, const char ***own, Error *err);
/* Whether c has one of n labels. */
bool page_shares_label(const char *const *own, int n, const IndexCase *c);

/* The card of a case, without its picture; it borrows the strings of c and words. hit: NULL for a case that is no hit. words: the sentence
 * that asks, or NULL. match: as HtmlHit. */
HtmlHit page_card(const Finder *f, const IndexCase *c, const AnswerHit *hit, int rank, const char *words,
                  int match);
/* Ties, and the distance from which hits say nothing. */
void page_answer_facts(Buffer *b, const Finder *f, const Answer *a);
/* The part that names command, index, model, data and date. command: as typed, or NULL. */
void page_source(Buffer *b, const Finder *f, const char *command);

/* STATUS_USAGE where `bytes` is more than `most` and the verb's --yes is not given. what: what would be written. */
Status page_check_size(const Args *a, const char *what, double bytes, double most, Error *err);
/* "3.2 GB" into text. */
const char *page_size_text(double bytes, char text[16]);

/* The data of an HtmlHit whose picture cannot be shown. */
extern const unsigned char PAGE_NO_PICTURE[1];
/* The last line of every page. */
extern const char PAGE_NOT_A_DEVICE[];

#endif
