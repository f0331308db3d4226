#include "eval/page/markup.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void markup_raw(Buffer *b, const char *text) {
    buffer_add(b, text, strlen(text));
}

size_t markup_utf8(const unsigned char *s) {
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xc2 && s[0] < 0xe0   ? 2
               : (s[0] & 0xf0) == 0xe0       ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0))) return 0;
    if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))) return 0;
    return n;
}

static const char *entity_of(unsigned char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    default:
        return c < 0x20 || c == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

void markup_text(Buffer *b, const char *text) {
    const unsigned char *s = (const unsigned char *)(text ? text : "");
    while (*s) {
        size_t n = markup_utf8(s);
        const char *entity = n == 0 ? "\xef\xbf\xbd" : entity_of(*s);
        if (entity)
            markup_raw(b, entity);
        else
            buffer_add(b, s, n);
        s += n ? n : 1;
    }
}

void markup_vprintf(Buffer *b, const char *fmt, va_list args) {
    char text[4096];
    if (vsnprintf(text, sizeof text, fmt, args) < 0) return;
    markup_text(b, text);
}

void markup_printf(Buffer *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    markup_vprintf(b, fmt, args);
    va_end(args);
}

void markup_base64(Buffer *b, const unsigned char *data, size_t size) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i < 3 ? size - i : 3;
        uint32_t three = (uint32_t)data[i] << 16;
        if (left > 1) three |= (uint32_t)data[i + 1] << 8;
        if (left > 2) three |= data[i + 2];
        char four[4] = {digit[three >> 18], digit[(three >> 12) & 63],
                        left > 1 ? digit[(three >> 6) & 63] : '=', left > 2 ? digit[three & 63] : '='};
        buffer_add(b, four, sizeof four);
    }
}
