#include "cmd/fit.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

enum { LEAST = 40, MOST = 400 };

int fit_columns(void) {
    struct winsize w;
    const char *variable = getenv("COLUMNS");
    int columns = variable ? atoi(variable) : 0;
    if (columns == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0) columns = w.ws_col;
    if (columns == 0) return FIT_NO_LIMIT;
    return columns < LEAST ? LEAST : columns > MOST ? MOST : columns;
}

/* The character at text: returns its length in bytes; *columns it takes; *printable (*bytes), the text to print for it. */
static int step(const char *text, int *columns, const char **printable, int *bytes) {
    utf8proc_int32_t c;
    int n = (int)utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
    *printable = text;
    *bytes = n;
    *columns = 1;
    if (n < 1) {
        *printable = "?";
        *bytes = 1;
        return 1;
    }
    utf8proc_category_t kind = utf8proc_category(c);
    if (kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_ZL ||
        kind == UTF8PROC_CATEGORY_ZP) {
        *printable = " ";
        *bytes = 1;
    } else {
        *columns = utf8proc_charwidth(c);
    }
    return n;
}

int fit_width(const char *text) {
    int width = 0, columns, bytes;
    const char *printable;
    for (const char *s = text; *s; width += columns) s += step(s, &columns, &printable, &bytes);
    return width;
}

void fit_text(FILE *to, const char *text, int limit, bool fill) {
    int used = 0, columns, bytes, room = fit_width(text) <= limit ? limit : limit - 1;
    const char *printable, *s = text;
    while (*s) {
        int n = step(s, &columns, &printable, &bytes);
        if (used + columns > room) break;
        fwrite(printable, 1, (size_t)bytes, to);
        used += columns;
        s += n;
    }
    if (*s && limit > 0) {
        fputs("\xe2\x80\xa6", to);
        used++;
    }
    for (; fill && used < limit; used++) fputc(' ', to);
}
