#include "data/import/label_words.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/characters.h"
#include "data/names.h"
#include "data/text_read.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum {
    GAP = 5,         /* words that "..." stands for, at most */
    AFTER_REACH = 6, /* words between a finding and a cue behind it */
    LIST_MAX = 4096  /* phrases of a list */
};

typedef enum {
    PHRASE_LABEL,
    PHRASE_EXCEPT, /* "-phrase": its words do not count for the label */
    PHRASE_BEFORE,
    PHRASE_AFTER,
    PHRASE_POSSIBLE,
    PHRASE_POSSIBLE_AFTER,
    PHRASE_ENDS,
    PHRASE_NOT_A_CUE,
    PHRASE_KINDS
} PhraseKind;

static const char *const kind_names[PHRASE_KINDS] = {
    NULL, NULL, "before", "after", "possible", "possible-after", "ends", "not-a-cue"};

/* A word or punctuation mark. In a phrase: prefix for "opacit*", gap where "..." stands before it. */
typedef struct {
    const int32_t *c;
    int n;
    bool is_word, prefix, gap;
} Token;

typedef struct {
    Characters characters; /* owns what the tokens point into */
    Token *token;
    int n;
} Tokens;

typedef struct {
    PhraseKind kind;
    int label;
    int text_number;
    const char *text; /* in LabelWords.texts */
    Tokens words;
} Phrase;

struct LabelWords {
    Names labels, texts;
    bool *alone; /* (labels) a label in brackets */
    size_t alone_room;
    Phrase *phrase;
    size_t phrases, phrase_room;
    int scope; /* words; 0: to the end of the sentence */
};

/* Cues of NegEx's and ConText's published lists, and their Chinese counterparts. */
static const char BUILT_IN[] =
    "@before: no, not, without, denies, denied, deny, negative for, no evidence of, free of, clear of, "
    "absence of, "
    "absent, never, neither, nor, cannot see, fails to reveal, no sign of, no signs of, rather than, "
    "resolution of, "
    "resolved, interval clearing of, has cleared, lack of, lacks, removal of, removed, "
    "未见, 无, 没有, 未发现, 未探及, 未显示, 未提示, 未触及, 未及, 排除, 否认, 不伴, 不支持\n"
    "@after: is ruled out, are ruled out, not seen, not identified, not visualized, not evident, not "
    "present, "
    "not demonstrated, not appreciated, is absent, are absent, unlikely, has resolved, have resolved, "
    "resolved, "
    "is no longer, are no longer, no longer seen, has cleared, have cleared, is excluded, are excluded, is "
    "negative, "
    "未见, 未发现, 阴性, 消失, 已吸收, 不明显\n"
    "@possible: possible, possibly, probable, suspected, suspicious for, suspicion of, concerning for, "
    "concern for, "
    "question of, questionable, cannot exclude, can not exclude, could represent, may represent, might "
    "represent, "
    "may be, might be, could be, may reflect, could reflect, may indicate, versus, vs, rule out, r/o, "
    "evaluate for, "
    "differential includes, worrisome for, "
    "可能, 考虑, 疑似, 可疑, 疑, 怀疑, 不除外, 不能除外, 不能排除, 未除外, 不排除, 待排\n"
    "@possible-after: cannot be excluded, can not be excluded, not excluded, not entirely excluded, is not "
    "ruled out, "
    "is possible, is suspected, is questioned, could be considered, should be considered, "
    "待排, 待排除, 不除外, 不能除外, 不能排除, 可能, 可疑\n"
    "@ends: but, however, although, though, except, apart from, aside from, other than, nevertheless, yet, "
    "still, "
    "there is, there are, with mild, with small, with a, secondary to, due to, "
    "但, 但是, 伴, 可见, 见, 并见, 余\n"
    "@not-a-cue: no increase, no change, no significant change, no interval change, no significant interval "
    "change, "
    "no definite change, without change, without significant change, not only, no further, not certain, not "
    "changed, "
    "not significantly changed, no longer than, not necessarily, "
    "无明显变化, 无变化, 无显著变化, 无回声, 无痛, 未见变化, 未见明显变化\n";

/* ---- Tokens ---- */

static bool is_sentence_end(const Token *t) {
    static const int32_t ends[] = {'.', ';', '!', '?', ':', 0x3002};
    for (size_t i = 0; !t->is_word && i < sizeof ends / sizeof ends[0]; i++)
        if (t->c[0] == ends[i]) return true;
    return false;
}

static bool is_mark(const Token *t, char mark) {
    return !t->is_word && t->c[0] == mark;
}

static Status split(Tokens *t, const char *text, size_t size, const char *what, Error *err) {
    *t = (Tokens){0};
    TRY(characters_fold(&t->characters, text, size, what, err));
    const int32_t *c = t->characters.c;
    size_t n = t->characters.n, room = 0;
    for (size_t i = 0; i < n;) {
        size_t end = characters_word_end(c, i, n);
        bool word = end > i;
        if (!word) end = i + 1;
        if (word || c[i] > ' ') {
            if (!mem_grow(&t->token, &room, (size_t)t->n + 1, sizeof *t->token)) return mem_error(err, what);
            t->token[t->n++] = (Token){.c = c + i, .n = (int)(end - i), .is_word = word};
        }
        i = end;
    }
    return STATUS_OK;
}

static void tokens_free(Tokens *t) {
    characters_free(&t->characters);
    mem_free(t->token);
    *t = (Tokens){0};
}

/* ---- Reading a list ---- */

/* Stores "*" and "..." of a phrase in its words. */
static void join_marks(Tokens *t) {
    int n = 0;
    bool gap = false;
    for (int i = 0; i < t->n; i++) {
        const Token *x = &t->token[i];
        bool dots = i + 2 < t->n && is_mark(x, '.') && is_mark(x + 1, '.') && is_mark(x + 2, '.');
        if (is_mark(x, '*') && n) {
            t->token[n - 1].prefix = true;
        } else if (dots) {
            gap = n > 0;
            i += 2;
        } else {
            t->token[n] = *x;
            t->token[n++].gap = gap;
            gap = false;
        }
    }
    t->n = n;
}

static Status add_phrase(LabelWords *w, PhraseKind kind, int label, const char *text, size_t size,
                         const char *path, int line, Error *err) {
    if (kind == PHRASE_LABEL && text[0] == '-') kind = PHRASE_EXCEPT, text++, size--;
    if (w->phrases == LIST_MAX)
        return error_set(err, STATUS_INPUT, "%s:%d: holds more than %d phrases", path, line, LIST_MAX);
    int at = names_add(&w->texts, text, size);
    if (at < 0 || !mem_grow(&w->phrase, &w->phrase_room, w->phrases + 1, sizeof *w->phrase))
        return mem_error(err, path);
    Phrase *p = &w->phrase[w->phrases++];
    *p = (Phrase){.kind = kind, .label = label, .text_number = at};
    TRY(split(&p->words, text, size, path, err));
    join_marks(&p->words);
    for (int i = 0; i < p->words.n; i++)
        if (p->words.token[i].is_word) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s:%d: '%.*s' holds no word; words separated by ',' were expected",
                     path, line, (int)size, text);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *trim(const char *s, size_t *size) {
    while (*size && is_blank(s[0])) s++, --*size;
    while (*size && is_blank(s[*size - 1])) --*size;
    return s;
}

static Status add_phrases(LabelWords *w, PhraseKind kind, int label, const char *list, size_t size,
                          const char *path, int line, Error *err) {
    for (size_t at = 0; at < size;) {
        size_t n = 0;
        while (at + n < size && list[at + n] != ',') n++;
        size_t length = n;
        const char *phrase = trim(list + at, &length);
        if (length) TRY(add_phrase(w, kind, label, phrase, length, path, line, err));
        at += n + 1;
    }
    return STATUS_OK;
}

static Status bad_line(const char *path, int line, Error *err) {
    return error_set(
        err, STATUS_INPUT,
        "%s:%d: is no line of a list; 'label: word, phrase, ...', '[label]: ...', '@before: ...', "
        "'@cues none' or '@scope N' was expected",
        path, line);
}

static void drop_cues(LabelWords *w) {
    size_t kept = 0;
    for (size_t i = 0; i < w->phrases; i++) {
        Phrase p = w->phrase[i];
        if (p.kind >= PHRASE_BEFORE)
            tokens_free(&p.words);
        else
            w->phrase[kept++] = p;
    }
    w->phrases = kept;
}

static Status take_line(LabelWords *w, const char *at, size_t size, const char *path, int line, Error *err) {
    size_t name_size = 0;
    at = trim(at, &size);
    if (!size || at[0] == '#') return STATUS_OK;
    if (size == 10 && memcmp(at, "@cues none", 10) == 0) return drop_cues(w), STATUS_OK;
    if (size > 7 && size < 12 && memcmp(at, "@scope ", 7) == 0) {
        w->scope = atoi(at + 7);
        return w->scope > 0 ? STATUS_OK : bad_line(path, line, err);
    }
    while (name_size < size && at[name_size] != ':') name_size++;
    const char *list = at + name_size + 1;
    if (name_size == size) return bad_line(path, line, err);
    size_t list_size = size - name_size - 1;
    const char *name = trim(at, &name_size);
    for (int k = PHRASE_BEFORE; k < PHRASE_KINDS; k++)
        if (name[0] == '@' && name_size == strlen(kind_names[k]) + 1 &&
            memcmp(name + 1, kind_names[k], name_size - 1) == 0)
            return add_phrases(w, (PhraseKind)k, -1, list, list_size, path, line, err);
    bool alone = name_size > 2 && name[0] == '[' && name[name_size - 1] == ']';
    if (alone) name++, name_size -= 2;
    for (size_t i = 0; i < name_size; i++)
        if (strchr("@[]|\t", name[i])) return bad_line(path, line, err);
    int before = w->labels.n, label = name_size ? names_add(&w->labels, name, name_size) : -1;
    if (!name_size) return bad_line(path, line, err);
    if (label < 0 || !mem_grow(&w->alone, &w->alone_room, (size_t)w->labels.n, sizeof *w->alone))
        return mem_error(err, path);
    if (label == before) w->alone[label] = alone;
    return add_phrases(w, PHRASE_LABEL, label, list, list_size, path, line, err);
}

static Status take_lines(LabelWords *w, const char *path, const char *text, Error *err) {
    int line = 1;
    for (const char *at = text; *at; line++) {
        size_t n = strcspn(at, "\n");
        TRY(take_line(w, at, n, path, line, err));
        at += n + (at[n] == '\n');
    }
    return STATUS_OK;
}

/* Texts of phrases are set last, because the set of strings moves in memory while it grows. */
static Status finish(LabelWords *w, const char *path, Error *err) {
    bool any = false;
    for (size_t i = 0; i < w->phrases; i++) {
        w->phrase[i].text = names_at(&w->texts, w->phrase[i].text_number);
        any |= w->phrase[i].kind == PHRASE_LABEL;
    }
    if (!any)
        return error_set(err, STATUS_INPUT,
                         "%s: holds no label; lines 'label: word, phrase, ...' were expected", path);
    return STATUS_OK;
}

Status label_words_parse(LabelWords **w, const char *path, const char *text, Error *err) {
    *w = mem_calloc(1, sizeof **w);
    if (!*w) return mem_error(err, path);
    Status s = take_lines(*w, "built-in cues", BUILT_IN, err);
    if (s == STATUS_OK) s = take_lines(*w, path, text, err);
    if (s == STATUS_OK) s = finish(*w, path, err);
    if (s != STATUS_OK) {
        label_words_free(*w);
        *w = NULL;
    }
    return s;
}

Status label_words_read(LabelWords **w, const char *name, Error *err) {
    const char *shipped = label_list(name);
    char *text;
    size_t size;
    *w = NULL;
    if (shipped) return label_words_parse(w, name, shipped, err);
    if (!path_exists(name)) {
        Buffer known = {0};
        for (int i = 0; label_list_name(i); i++)
            buffer_printf(&known, "%s%s", i ? ", " : "", label_list_name(i));
        error_set(err, STATUS_USAGE,
                  "msach import: --label-words %s is neither a file nor a list; known lists: %.*s", name,
                  (int)known.size, known.failed ? "" : (char *)known.data);
        buffer_free(&known);
        return STATUS_USAGE;
    }
    TRY(text_read(name, &text, &size, NULL, err));
    Status s = label_words_parse(w, name, text, err);
    mem_free(text);
    return s;
}

int label_words_count(const LabelWords *w) {
    return w->labels.n;
}

const char *label_words_name(const LabelWords *w, int label) {
    return names_at(&w->labels, label);
}

void label_words_free(LabelWords *w) {
    if (!w) return;
    for (size_t i = 0; i < w->phrases; i++) tokens_free(&w->phrase[i].words);
    mem_free(w->phrase);
    mem_free(w->alone);
    names_free(&w->labels);
    names_free(&w->texts);
    mem_free(w);
}

/* ---- Matching ---- */

/* A word of three letters or more also matches its plural in -s. */
static bool same_word(const Token *word, const Token *t) {
    size_t bytes = (size_t)word->n * sizeof *word->c;
    if (t->n < word->n || memcmp(word->c, t->c, bytes) != 0) return false;
    bool plural = t->n == word->n + 1 && word->n >= 3 && t->c[word->n] == 's';
    return t->n == word->n || word->prefix || plural;
}

/* The token behind a phrase that starts at token i, or -1. */
static int match(const Tokens *phrase, const Tokens *t, int i) {
    for (int k = 0; k < phrase->n; k++) {
        const Token *word = &phrase->token[k];
        int skipped = 0;
        while (word->gap && i < t->n && skipped < GAP && !same_word(word, &t->token[i]) &&
               !is_sentence_end(&t->token[i]))
            i++, skipped++;
        if (i >= t->n || !same_word(word, &t->token[i])) return -1;
        i++;
    }
    return i;
}

typedef struct {
    PhraseKind kind;
    int start, end;
    bool cjk;
} Cue;

typedef struct {
    const LabelWords *w;
    Tokens t;
    Cue *cue;
    int cues;
} Report;

/* All cues, from left to right, the longest at each place. */
static Status find_cues(Report *r, Error *err) {
    size_t room = 0;
    for (int i = 0; i < r->t.n;) {
        Cue best = {.end = i};
        for (size_t k = 0; k < r->w->phrases; k++) {
            const Phrase *p = &r->w->phrase[k];
            int end = p->kind >= PHRASE_BEFORE ? match(&p->words, &r->t, i) : -1;
            /* The same words may be a cue before and a cue behind a finding: both are stored. */
            if (end < best.end || end <= i) continue;
            best = (Cue){p->kind, i, end, character_is_cjk(p->words.token[0].c[0])};
            while (r->cues && r->cue[r->cues - 1].start == i && r->cue[r->cues - 1].end < end) r->cues--;
            if (!mem_grow(&r->cue, &room, (size_t)r->cues + 1, sizeof *r->cue))
                return mem_error(err, "a report");
            r->cue[r->cues++] = best;
        }
        i = best.end > i ? best.end : i + 1;
    }
    return STATUS_OK;
}

/* Whether a scope may reach over the tokens [from, to): they hold no end of a sentence, no word that ends a scope and, with `comma`, no
 * comma. */
static bool reaches(const Report *r, int from, int to, bool comma) {
    for (int i = from; i < to; i++)
        if (is_sentence_end(&r->t.token[i]) || (comma && is_mark(&r->t.token[i], ','))) return false;
    for (int k = 0; k < r->cues; k++)
        if (r->cue[k].kind == PHRASE_ENDS && r->cue[k].start >= from && r->cue[k].end <= to) return false;
    return true;
}

static WordsFound judge(const Report *r, int start, int end) {
    WordsFound found = WORDS_PRESENT;
    int scope = r->w->scope;
    for (int k = 0; k < r->cues; k++) {
        const Cue *c = &r->cue[k];
        bool before = c->kind == PHRASE_BEFORE || c->kind == PHRASE_POSSIBLE;
        bool after = c->kind == PHRASE_AFTER || c->kind == PHRASE_POSSIBLE_AFTER;
        bool holds = false;
        if (before && c->end <= start)
            holds = (!scope || start - c->end < scope) && reaches(r, c->end, start, c->cjk);
        else if (after && c->start >= end)
            holds = c->start - end <= (scope ? scope : AFTER_REACH) && reaches(r, end, c->start, true);
        if (!holds) continue;
        if (c->kind == PHRASE_BEFORE || c->kind == PHRASE_AFTER) return WORDS_NEGATED;
        found = WORDS_UNCERTAIN;
    }
    return found;
}

/* Whether a phrase of the label's exceptions overlaps the tokens [start, end). */
static bool is_excepted(const Report *r, int label, int start, int end) {
    for (size_t k = 0; k < r->w->phrases; k++) {
        const Phrase *p = &r->w->phrase[k];
        if (p->kind != PHRASE_EXCEPT || p->label != label) continue;
        for (int i = start > 16 ? start - 16 : 0; i < end; i++)
            if (match(&p->words, &r->t, i) > start) return true;
    }
    return false;
}

static void find_labels(const Report *r, WordsFound *found, const char **phrase) {
    for (size_t k = 0; k < r->w->phrases; k++) {
        const Phrase *p = &r->w->phrase[k];
        for (int i = 0; p->kind == PHRASE_LABEL && i < r->t.n; i++) {
            int end = match(&p->words, &r->t, i);
            if (end < 0 || is_excepted(r, p->label, i, end)) continue;
            WordsFound f = judge(r, i, end);
            if (f <= found[p->label]) continue;
            found[p->label] = f;
            phrase[p->label] = p->text;
        }
    }
}

Status label_words_find(const LabelWords *w, const char *text, WordsFound *found, const char **phrase,
                        Error *err) {
    Report r = {.w = w};
    for (int i = 0; i < w->labels.n; i++) found[i] = WORDS_NONE, phrase[i] = NULL;
    Status s = split(&r.t, text, strlen(text), "a report", err);
    if (s == STATUS_OK) s = find_cues(&r, err);
    if (s == STATUS_OK) find_labels(&r, found, phrase);
    bool other = false;
    for (int i = 0; i < w->labels.n; i++) other |= !w->alone[i] && found[i] >= WORDS_UNCERTAIN;
    for (int i = 0; i < w->labels.n; i++)
        if (w->alone[i] && other) found[i] = WORDS_NONE, phrase[i] = NULL;
    tokens_free(&r.t);
    mem_free(r.cue);
    return s;
}
