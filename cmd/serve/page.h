/* The files of the page, compiled into the program: embed.sh writes them as C. */
#ifndef CMD_SERVE_PAGE_H
#define CMD_SERVE_PAGE_H

#include <stddef.h>

typedef struct {
    const char *path, *type;   /* as a client asks for it; its media type */
    const unsigned char *data; /* (size) */
    size_t size;
} PageFile;

/* Ends with a NULL path. */
extern const PageFile PAGE_FILES[];

#endif
