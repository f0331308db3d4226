/* What the pages of search and gallery share: pictures, labels, file names. */
#ifndef CMD_PAGE_PICTURE_H
#define CMD_PAGE_PICTURE_H

#include "hash/search/index.h"
#include "nn/base/bytes.h"

/* Appends the bytes to show: a small PNG or JPEG file as it is, any other picture as a small gray PNG. Appends nothing where the file is
 * missing or damaged. */
Status page_picture(Buffer *out, const char *path, Error *err);
/* The last part of a path: a page may be sent to others, so it names files, not folders. */
const char *page_file_name(const char *path);

/* The labels of a case, copied: index_case reuses its array for the next case. *own (c->n_labels) is the caller's to free; the strings live as
 * long as the index. */
Status page_copy_labels(const IndexCase *c, const char ***own, Error *err);
/* Whether c has one of n labels. */
bool page_shares_label(const char *const *own, int n, const IndexCase *c);

/* The data of an HtmlHit whose picture cannot be shown. */
extern const unsigned char PAGE_NO_PICTURE[1];
/* The last line of every page. */
extern const char PAGE_NOT_A_DEVICE[];

#endif
