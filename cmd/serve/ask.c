#include "cmd/serve/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/characters.h"
#include "nn/base/alloc.h"

/* ---- Coding ---- */

static int hex_digit(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

bool ask_decode(char *text, size_t size) {
    char *to = text;
    for (size_t i = 0; i < size; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            int high = i + 2 < size ? hex_digit(text[i + 1]) : -1,
                low = high < 0 ? -1 : hex_digit(text[i + 2]);
            if (low < 0) return false;
            c = (char)(16 * high + low);
            i += 2;
        }
        if (!c) return false;
        *to++ = c;
    }
    *to = 0;
    return utf8_valid(text, (size_t)(to - text)) == (size_t)(to - text);
}

/* ---- Fields ---- */

static Status wrong(Error *err, const char *name, const char *value, const char *expected) {
    return error_set(err, STATUS_USAGE, "%s is '%.80s'; %s was expected", name, value, expected);
}

static Status set_number(const char *name, const char *value, long low, long high, long *to, Error *err) {
    char *end, expected[64];
    *to = strtol(value, &end, 10);
    if (!*end && *to >= low && *to <= high) return STATUS_OK;
    snprintf(expected, sizeof expected, "a whole number from %ld to %ld", low, high);
    return wrong(err, name, value, expected);
}

static Status set_question(Ask *a, QueryKind kind, const char *value, Error *err) {
    if (a->query.kind != ASK_FILTER)
        return error_set(err, STATUS_USAGE, "only one question of text, id and a picture was expected");
    a->query = (Query){.kind = kind, .value = value};
    return STATUS_OK;
}

static Status set_label(Ask *a, const char *value, Error *err) {
    if (a->filter.n_labels == ASK_LABELS)
        return error_set(err, STATUS_USAGE, "at most %d labels were expected", ASK_LABELS);
    a->labels[a->filter.n_labels++] = value;
    return STATUS_OK;
}

static Status set_find(Ask *a, const char *value, Error *err) {
    for (Modality m = 0; m < MODALITIES; m++)
        if (strcmp(value, modality_name(m)) == 0) a->options.find = (int)m;
    return a->options.find < 0 ? wrong(err, "find", value, "image or text") : STATUS_OK;
}

static Status set_count(Ask *a, const char *name, const char *value, Error *err) {
    static const struct {
        const char *name;
        long low, high;
    } counts[] = {{"per_group", 0, 1000}, {"rerank", 0, 10000}, {"page", 1, ASK_PAGES}, {"unseen", 0, 1}};
    long n;
    size_t i = 0;
    while (i < sizeof counts / sizeof *counts && strcmp(counts[i].name, name) != 0) i++;
    if (i == sizeof counts / sizeof *counts)
        return error_set(err, STATUS_USAGE,
                         "unknown field '%.80s'; text, id, find, label, words, unseen, per_group, rerank, "
                         "radius and page are known",
                         name);
    TRY(set_number(name, value, counts[i].low, counts[i].high, &n, err));
    if (i == 0) a->options.per_group = (size_t)n;
    if (i == 1) a->options.rerank = (size_t)n;
    if (i == 2) a->page = (int)n;
    if (i == 3) a->filter.unseen = n;
    return STATUS_OK;
}

static Status set_field(Ask *a, const char *name, const char *value, Error *err) {
    if (!*value) return STATUS_OK;
    if (strcmp(name, "text") == 0) return set_question(a, ASK_TEXT, value, err);
    if (strcmp(name, "id") == 0) return set_question(a, ASK_ID, value, err);
    if (strcmp(name, "find") == 0) return set_find(a, value, err);
    if (strcmp(name, "label") == 0) return set_label(a, value, err);
    if (strcmp(name, "words") == 0) return a->filter.words = value, STATUS_OK;
    if (strcmp(name, "radius") == 0) return a->radius = value, STATUS_OK;
    return set_count(a, name, value, err);
}

/* One "name=value" of n bytes at s, which becomes two strings. */
static Status parse_field(Ask *a, char *s, size_t n, Error *err) {
    char *equals = memchr(s, '=', n);
    if (n == 0) return STATUS_OK;
    s[n] = 0;
    if (!equals || !ask_decode(equals + 1, n - (size_t)(equals + 1 - s)) ||
        !ask_decode(s, (size_t)(equals - s)))
        return error_set(err, STATUS_USAGE,
                         "the question is not name=value&..., coded by percent signs, of UTF-8 text");
    return set_field(a, s, equals + 1, err);
}

Status ask_parse(Ask *a, const char *query, bool picture, Error *err) {
    *a = (Ask){.query = {.kind = picture ? ASK_IMAGE : ASK_FILTER, .value = "the picture"},
               .options = SEARCH_DEFAULT,
               .page = 1};
    a->options.per_group = 1;
    a->options.rerank = 100;
    a->filter.labels = a->labels;
    a->memory = mem_strdup(query);
    if (!a->memory) return mem_error(err, "a question");
    for (char *s = a->memory, *end; *s; s = end) {
        size_t n = strcspn(s, "&");
        end = s + n + (s[n] != 0);
        TRY(parse_field(a, s, n, err));
    }
    a->options.k = (size_t)a->page * ASK_PAGE;
    a->filtered = a->filter.n_labels > 0 || a->filter.words || a->filter.unseen;
    if (a->query.kind == ASK_FILTER && !a->filtered)
        return error_set(
            err, STATUS_USAGE,
            "nothing is asked; text=, id= or a picture was expected, or a filter: words=, label=, unseen=1");
    return STATUS_OK;
}

Status ask_set_radius(Ask *a, int bits, Error *err) {
    long radius = -1;
    if (a->radius) TRY(set_number("radius", a->radius, 0, bits, &radius, err));
    a->options.radius = (int)radius;
    return STATUS_OK;
}

void ask_free(Ask *a) {
    mem_free(a->memory);
    *a = (Ask){0};
}
