/* Pictures made ready for a page. */
#ifndef CMD_PAGE_PICTURE_H
#define CMD_PAGE_PICTURE_H

#include "nn/base/bytes.h"

/* The bytes to show: a small PNG or JPEG file as it is, of everything else a small gray PNG; empty where the picture is
 * missing or damaged. */
Status page_picture(Buffer *out, const char *path, Error *err);
/* The last part of a path: a page may be sent around, so it names files, not folders. */
const char *page_file_name(const char *path);

#endif
