/* Formats of other programs that a user may name by mistake. */
#ifndef CMD_FOREIGN_H
#define CMD_FOREIGN_H

#include <stddef.h>

/* The name of a format by the first n bytes of its file, or NULL: not known. */
const char *foreign_name(const unsigned char *head, size_t n);

#endif
