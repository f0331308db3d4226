#include "cmd/json_out.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* The letter behind the backslash where the byte has a short escape, else 0. */
static char escape_of(unsigned char c) {
    static const char bytes[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *at = c ? strchr(bytes, c) : NULL;
    return at ? letters[at - bytes] : 0;
}

void json_text(const char *text) {
    putchar('"');
    for (const unsigned char *s = (const unsigned char *)(text ? text : ""); *s;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n = *s < 0x80 ? 1 : utf8proc_iterate(s, -1, &point);
        if (n < 1)
            fputs("\\ufffd", stdout);
        else if (escape_of(*s))
            printf("\\%c", escape_of(*s));
        else if (*s < 0x20)
            printf("\\u%04x", (unsigned)*s);
        else
            fwrite(s, 1, (size_t)n, stdout);
        s += n < 1 ? 1 : n;
    }
    putchar('"');
}

void json_number(double v) {
    if (isfinite(v))
        printf("%.9g", v);
    else
        fputs("null", stdout);
}

void json_texts(const char *const *texts, size_t n) {
    putchar('[');
    for (size_t i = 0; i < n; i++) {
        if (i) putchar(',');
        json_text(texts[i]);
    }
    putchar(']');
}

static void begin_field(const char *name) {
    putchar(',');
    json_text(name);
    putchar(':');
}

void json_number_field(const char *name, double v) {
    begin_field(name);
    json_number(v);
}

void json_text_field(const char *name, const char *text) {
    begin_field(name);
    json_text(text);
}

void tsv_text(const char *text) {
    for (const char *s = text ? text : ""; *s; s++) {
        char letter = *s == '"' ? 0 : escape_of((unsigned char)*s);
        if (letter)
            printf("\\%c", letter);
        else
            putchar(*s);
    }
}
