#include "data/characters.h"

#include <utf8proc.h>

#include "nn/base/alloc.h"

/* First and last code points. Marks and punctuation of the blocks (U+3001, U+30FB) are left out. */
static const int32_t cjk[][2] = {
    {0x1100, 0x11FF},   {0x2E80, 0x2FDF}, {0x3005, 0x3007}, {0x3021, 0x3029},   {0x3031, 0x3035},
    {0x3038, 0x303B},   {0x3041, 0x3096}, {0x309D, 0x309F}, {0x30A1, 0x30FA},   {0x30FC, 0x312F},
    {0x3131, 0x318E},   {0x31A0, 0x31BF}, {0x31F0, 0x31FF}, {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7FB}, {0xF900, 0xFAFF}, {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FF},
    {0x20000, 0x3FFFD},
};

bool character_is_cjk(int32_t c) {
    if (c < cjk[0][0]) return false;
    for (size_t i = 0; i < sizeof cjk / sizeof cjk[0] && c >= cjk[i][0]; i++)
        if (c <= cjk[i][1]) return true;
    return false;
}

static bool is_digit(int32_t c) {
    return c >= '0' && c <= '9';
}

static bool is_mark(int32_t c) {
    if (c < 0x300) return false;
    utf8proc_category_t k = utf8proc_category(c);
    return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME;
}

static bool in_word(int32_t c) {
    if (c < 0x80) return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    utf8proc_category_t k = utf8proc_category(c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO;
}

size_t characters_word_end(const int32_t *c, size_t i, size_t n) {
    if (character_is_cjk(c[i])) {
        for (i++; i < n && is_mark(c[i]);) i++;
        return i;
    }
    bool number = true, point = false;
    size_t start = i;
    for (; i < n && !character_is_cjk(c[i]); i++) {
        bool decimal = c[i] == '.' && number && !point && i > start && i + 1 < n && is_digit(c[i + 1]);
        if (!decimal && !in_word(c[i])) break;
        point |= decimal;
        number &= decimal || is_digit(c[i]);
    }
    return i;
}

size_t utf8_valid(const char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        if ((unsigned char)text[i] < 0x80) {
            i++;
            continue;
        }
        utf8proc_int32_t c;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(size - i), &c);
        if (used <= 0) return i;
        i += (size_t)used;
    }
    return size;
}

static bool is_ascii(const char *text, size_t size) {
    unsigned char any = 0;
    for (size_t i = 0; i < size; i++) any |= (unsigned char)text[i];
    return any < 0x80;
}

/* Decomposes into a buffer of `room` code points and composes in place. More than `room` may be needed: then
 * *needed > room and nothing is done. */
static utf8proc_ssize_t fold(const char *text, size_t size, int32_t *c, size_t room) {
    const utf8proc_option_t options =
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, c,
                                            (utf8proc_ssize_t)room, options);
    if (n < 0 || (size_t)n > room) return n;
    return utf8proc_normalize_utf32(c, n, options);
}

Status characters_fold(Characters *t, const char *text, size_t size, const char *what, Error *err) {
    size_t room = size + 32;
    t->n = 0;
    t->c = mem_alloc(room * sizeof *t->c);
    if (!t->c) return mem_error(err, what);
    if (is_ascii(text, size)) {
        for (size_t i = 0; i < size; i++)
            t->c[i] = text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i];
        t->n = size;
        return STATUS_OK;
    }
    utf8proc_ssize_t n = fold(text, size, t->c, room);
    if (n > 0 && (size_t)n > room) {
        room = (size_t)n;
        mem_free(t->c);
        t->c = mem_alloc(room * sizeof *t->c);
        if (!t->c) return mem_error(err, what);
        n = fold(text, size, t->c, room);
    }
    if (n < 0) {
        characters_free(t);
        return error_set(err, STATUS_INPUT, "%s: byte %zu of the text is not UTF-8; save it as UTF-8", what,
                         utf8_valid(text, size) + 1);
    }
    t->n = (size_t)n;
    return STATUS_OK;
}

void characters_free(Characters *t) {
    mem_free(t->c);
    t->c = NULL;
    t->n = 0;
}
