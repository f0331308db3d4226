#include "data/mask.h"

#include <string.h>
#include <utf8proc.h>

#include "data/characters.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { MASK_MAX_BYTES = 16 << 20 };

void mask_free(Mask *k) {
    names_free(&k->vocabulary);
    mem_free(k->head);
    mem_free(k->items);
    mem_free(k->phrases);
    mem_free(k->scan.c);
    mem_free(k->scan.offset);
    mem_free(k->scan.word);
    mem_free(k->scan.first);
    mem_free(k->scan.last);
    memset(k, 0, sizeof *k);
}

static Status no_memory(Error *err) {
    return mem_error(err, "masking words");
}

/* ---- Finding the words of a text, without changing it ---- */

static Status decode(MaskScan *s, const char *text, size_t size, Error *err) {
    if (!mem_grow(&s->c, &s->room, size + 1, sizeof *s->c) ||
        !mem_grow(&s->offset, &s->offset_room, size + 1, sizeof *s->offset))
        return no_memory(err);
    s->n = 0;
    size_t at = 0;
    while (at < size) {
        s->offset[s->n] = at;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(size - at), &s->c[s->n]);
        if (used <= 0) return error_set(err, STATUS_INPUT, "a text is not UTF-8 at byte %zu", at + 1);
        at += (size_t)used;
        s->n++;
    }
    s->offset[s->n] = size;
    return STATUS_OK;
}

/* The number of a word in the mask's vocabulary, by its folded form; `add`: adds a new word. */
static Status number_word(Mask *k, const char *word, size_t size, bool add, int *number, Error *err) {
    char folded[1024];
    size_t used = 0;
    Characters t;
    TRY(characters_fold(&t, word, size, "masking words", err));
    for (size_t i = 0; i < t.n && used + 4 <= sizeof folded; i++)
        used += (size_t)utf8proc_encode_char(t.c[i], (utf8proc_uint8_t *)folded + used);
    characters_free(&t);
    *number = add ? names_add(&k->vocabulary, folded, used) : names_find(&k->vocabulary, folded, used);
    return add && *number < 0 ? no_memory(err) : STATUS_OK;
}

static Status scan_words(Mask *k, const char *text, size_t size, bool add, Error *err) {
    MaskScan *s = &k->scan;
    TRY(decode(s, text, size, err));
    s->words = 0;
    for (size_t i = 0, end; i < s->n; i = end) {
        end = characters_word_end(s->c, i, s->n);
        if (end == i) {
            end++;
            continue;
        }
        size_t w = s->words++;
        if (!mem_grow(&s->word, &s->word_room, w + 1, sizeof *s->word) ||
            !mem_grow(&s->first, &s->first_room, w + 1, sizeof *s->first) ||
            !mem_grow(&s->last, &s->last_room, w + 1, sizeof *s->last))
            return no_memory(err);
        s->first[w] = s->offset[i];
        s->last[w] = s->offset[end];
        TRY(number_word(k, text + s->first[w], s->last[w] - s->first[w], add, &s->word[w], err));
    }
    return STATUS_OK;
}

/* ---- The phrases ---- */

static Status add_phrase(Mask *k, const char *text, size_t size, Error *err) {
    int before = k->vocabulary.n;
    TRY(scan_words(k, text, size, true, err));
    int length = (int)k->scan.words;
    if (!mem_grow(&k->head, &k->head_room, (size_t)k->vocabulary.n, sizeof *k->head)) return no_memory(err);
    for (int i = before; i < k->vocabulary.n; i++) k->head[i] = -1;
    if (length == 0) return STATUS_OK;
    if (!mem_grow(&k->items, &k->items_room, (size_t)(k->n_items + length), sizeof *k->items) ||
        !mem_grow(&k->phrases, &k->phrases_room, (size_t)k->n_phrases + 1, sizeof *k->phrases))
        return no_memory(err);
    memcpy(k->items + k->n_items, k->scan.word, (size_t)length * sizeof *k->items);
    k->phrases[k->n_phrases] = (MaskPhrase){k->n_items, length, k->head[k->scan.word[0]]};
    k->head[k->scan.word[0]] = k->n_phrases++;
    k->n_items += length;
    return STATUS_OK;
}

Status mask_add_label(Mask *k, const char *label, Error *err) {
    TRY(add_phrase(k, label, strlen(label), err));
    for (const char *part = label; *part;) {
        size_t size = strcspn(part, "_-");
        TRY(add_phrase(k, part, size, err));
        part += size + (part[size] != 0);
    }
    return STATUS_OK;
}

Status mask_add_file(Mask *k, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    TRY(file_read(path, MASK_MAX_BYTES, &data, &size, err));
    const char *text = (const char *)data;
    size_t valid = utf8_valid(text, size);
    Status s = STATUS_OK;
    if (valid < size || memchr(data, 0, size))
        s = error_set(err, STATUS_INPUT, "%s: byte %zu is not UTF-8 text; save it as UTF-8", path,
                      valid < size ? valid + 1 : strlen(text) + 1);
    text += utf8_mark(text, size);
    while (s == STATUS_OK && *text) {
        size_t line = strcspn(text, "\r\n");
        s = add_phrase(k, text, line, err);
        text += line + (text[line] != 0);
    }
    mem_free(data);
    return s;
}

/* ---- Removal ---- */

/* Words of the longest phrase that starts at word w of the text; 0 where none does. */
static int match(const Mask *k, size_t w) {
    const MaskScan *s = &k->scan;
    int longest = 0;
    if (s->word[w] < 0) return 0;
    for (int p = k->head[s->word[w]]; p >= 0; p = k->phrases[p].next) {
        int length = k->phrases[p].length;
        if (length <= longest || (size_t)length > s->words - w) continue;
        if (memcmp(k->items + k->phrases[p].start, s->word + w, (size_t)length * sizeof *k->items) == 0)
            longest = length;
    }
    return longest;
}

Status mask_text(Mask *k, char *text, Error *err) {
    const MaskScan *s = &k->scan;
    size_t size = strlen(text), from = 0, to = 0;
    if (k->n_phrases == 0) return STATUS_OK;
    TRY(scan_words(k, text, size, false, err));
    for (size_t w = 0; w < s->words;) {
        size_t length = (size_t)match(k, w);
        if (length == 0) {
            w++;
            continue;
        }
        k->replaced = true;
        memmove(text + to, text + from, s->first[w] - from);
        to += s->first[w] - from;
        text[to++] = ' ';
        from = s->last[w + length - 1];
        w += length;
    }
    memmove(text + to, text + from, size - from + 1);
    return STATUS_OK;
}
