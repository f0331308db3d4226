#include "cmd/json_out.h"

#include <math.h>
#include <utf8proc.h>

/* The letter after the backslash, or 0 where the byte stands for itself. */
static char escape_of(unsigned char c) {
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

void json_text(FILE *to, const char *text) {
    fputc('"', to);
    for (const unsigned char *s = (const unsigned char *)(text ? text : ""); *s;) {
        utf8proc_int32_t point;
        size_t n = *s < 0x80 ? 1 : (size_t)utf8proc_iterate(s, -1, &point);
        if (n > 4) n = 0; /* a negative number: not UTF-8 */
        if (n == 0)
            fputs("\\ufffd", to);
        else if (escape_of(*s))
            fprintf(to, "\\%c", escape_of(*s));
        else if (*s < 0x20)
            fprintf(to, "\\u%04x", (unsigned)*s);
        else
            fwrite(s, 1, n, to);
        s += n ? n : 1;
    }
    fputc('"', to);
}

void json_name(FILE *to, const char *name) {
    json_text(to, name);
    fputc(':', to);
}

void json_number(FILE *to, double v) {
    if (isfinite(v))
        fprintf(to, "%.9g", v);
    else
        fputs("null", to);
}

void json_texts(FILE *to, const char *const *texts, size_t n) {
    fputc('[', to);
    for (size_t i = 0; i < n; i++) {
        if (i) fputc(',', to);
        json_text(to, texts[i]);
    }
    fputc(']', to);
}

void tsv_text(FILE *to, const char *text) {
    for (const char *s = text ? text : ""; *s; s++) {
        if (*s == '\t' || *s == '\n' || *s == '\r' || *s == '\\')
            fprintf(to, "\\%c", *s == '\t' ? 't' : *s == '\n' ? 'n' : *s == '\r' ? 'r' : '\\');
        else
            fputc(*s, to);
    }
}
