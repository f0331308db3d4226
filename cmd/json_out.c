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

/* The bytes to write for the character at *s, which moves behind it; `room` may hold them. */
static size_t escape_next(const unsigned char **s, const char **bytes, char room[8]) {
    utf8proc_int32_t point;
    utf8proc_ssize_t n = **s < 0x80 ? 1 : utf8proc_iterate(*s, -1, &point);
    const unsigned char *at = *s;
    *s += n < 1 ? 1 : n;
    *bytes = room;
    if (n < 1) return (size_t)snprintf(room, 8, "\\ufffd");
    if (escape_of(*at)) return (size_t)snprintf(room, 8, "\\%c", escape_of(*at));
    if (*at < 0x20) return (size_t)snprintf(room, 8, "\\u%04x", (unsigned)*at);
    *bytes = (const char *)at;
    return (size_t)n;
}

void json_text(const char *text) {
    const char *bytes;
    char room[8];
    putchar('"');
    for (const unsigned char *s = (const unsigned char *)(text ? text : ""); *s;) {
        size_t n = escape_next(&s, &bytes, room);
        fwrite(bytes, 1, n, stdout);
    }
    putchar('"');
}

void json_add_text(Buffer *b, const char *text) {
    const char *bytes;
    char room[8];
    buffer_add(b, "\"", 1);
    for (const unsigned char *s = (const unsigned char *)(text ? text : ""); *s;) {
        size_t n = escape_next(&s, &bytes, room);
        buffer_add(b, bytes, n);
    }
    buffer_add(b, "\"", 1);
}

void json_add_texts(Buffer *b, const char *const *texts, size_t n) {
    buffer_add(b, "[", 1);
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_add(b, ",", 1);
        json_add_text(b, texts[i]);
    }
    buffer_add(b, "]", 1);
}

void json_number(double v) {
    if (isfinite(v))
        printf("%.9g", v);
    else
        fputs("null", stdout);
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
