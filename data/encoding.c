/* Sources: GB 18030 and GB/T 2312 (rows 16 to 55 hold the frequent characters), Windows-1252, KS X 1001, JIS X 0208. */
#include "data/encoding.h"

#include <stdbool.h>
#include <string.h>

#include "data/characters.h"

static bool is_letter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool within(int c, int first, int last) {
    return c >= first && c <= last;
}

/* ---- GB18030 ---- */

/* Counts of double-byte characters. */
typedef struct {
    size_t all, in_runs;   /* in_runs: beside another one */
    size_t gb2312, common; /* in GB2312; of those, punctuation or a frequent Chinese character */
    size_t beyond_hangul;  /* lead bytes that Korean text (KS X 1001) does not have */
    size_t kana;
} Doubles;

/* Bytes of the character at p in GB18030: 1, 2 or 4; 0 where there is none. */
static size_t gb18030_size(const unsigned char *p, size_t left) {
    if (p[0] < 0x80) return 1;
    if (left < 2 || !within(p[0], 0x81, 0xFE)) return 0;
    if (within(p[1], 0x40, 0xFE) && p[1] != 0x7F) return 2;
    bool four = left >= 4 && within(p[1], '0', '9') && within(p[2], 0x81, 0xFE) && within(p[3], '0', '9');
    return four ? 4 : 0;
}

static void count_double(Doubles *n, int lead, int trail) {
    n->all++;
    /* Two equal bytes are no evidence: they may be a line of dashes or dots in another encoding. */
    if (!within(lead, 0xA1, 0xF7) || trail < 0xA1 || lead == trail) return;
    n->gb2312++;
    n->common += within(lead, 0xA1, 0xA3) || within(lead, 0xB0, 0xD7);
    n->beyond_hangul += lead > 0xC8;
    n->kana += lead == 0xA4 || lead == 0xA5;
}

static bool is_gb18030(const unsigned char *data, size_t size) {
    Doubles n = {0};
    bool before = false;
    for (size_t at = 0, step; at < size; at += step) {
        step = gb18030_size(data + at, size - at);
        if (!step) return false;
        bool twice = step == 2;
        if (twice) count_double(&n, data[at], data[at + 1]);
        if (twice && (before || (size - at >= 4 && gb18030_size(data + at + 2, size - at - 2) == 2)))
            n.in_runs++;
        before = twice;
    }
    return n.all > 0 && 2 * n.in_runs >= n.all && 10 * n.gb2312 >= 8 * n.all && 10 * n.common >= 8 * n.all &&
           10 * n.kana <= n.all && (n.all < 12 || 10 * n.beyond_hangul >= n.all);
}

/* ---- Windows-1252 ---- */

/* Letters of Windows-1252 above 0x7F. */
static bool is_high_letter(int c) {
    return (c >= 0xC0 && c != 0xD7 && c != 0xF7) || (c && strchr("\x8A\x8C\x8E\x9A\x9C\x9E\x9F", c));
}

static bool is_capital(int c) {
    return within(c, 'A', 'Z') || within(c, 0xC0, 0xDE) || (c && strchr("\x8A\x8C\x8E\x9F", c));
}

/* True for bytes that may stand between two letters of a word: apostrophes, dashes, ordinals, the middle dot of Catalan, soft hyphen, blank. */
static bool joins_letters(int c) {
    return c && strchr("\x91\x92\x96\x97\xA0\xAA\xAD\xB4\xB5\xB7\xBA\x85", c);
}

/* True where the byte at `at` (above 0x7F) is evidence against Windows-1252. */
static bool is_odd(const unsigned char *data, size_t size, size_t at) {
    int c = data[at], before = at ? data[at - 1] : ' ', after = at + 1 < size ? data[at + 1] : ' ';
    bool letter_before = is_letter(before) || is_high_letter(before),
         letter_after = is_letter(after) || is_high_letter(after);
    if (strchr("\x81\x8D\x8F\x90\x9D", c)) return true; /* undefined */
    if (!is_high_letter(c)) return letter_before && letter_after && !joins_letters(c);
    /* A capital between small letters, or four high letters in a row, belong to another alphabet. */
    if (is_capital(c) && letter_before && !is_capital(before) && letter_after && !is_capital(after))
        return true;
    return at >= 3 && is_high_letter(before) && is_high_letter(data[at - 2]) && is_high_letter(data[at - 3]);
}

static bool is_windows_1252(const unsigned char *data, size_t size) {
    size_t latin = 0, high_letters = 0, high = 0, odd = 0;
    for (size_t at = 0; at < size; at++) {
        latin += is_letter(data[at]);
        if (data[at] < 0x80) continue;
        high++;
        high_letters += is_high_letter(data[at]);
        odd += is_odd(data, size, at);
    }
    return high > 0 && high_letters <= latin && 20 * odd <= high;
}

const char *encoding_guess(const unsigned char *data, size_t size) {
    if (utf8_valid((const char *)data, size) == size) return "UTF-8";
    if (is_gb18030(data, size)) return "GB18030";
    return is_windows_1252(data, size) ? "WINDOWS-1252" : NULL;
}
