/* The report of a case: region, findings and absent findings, in varied words and order. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "data/phantom/phantom_scene.h"
#include "data/phantom/phantom_words.h"

enum { MAX_SENTENCES = 16, SENTENCE = 600 };

typedef struct {
    const PhantomWords *words;
    const PhantomCase *c;
    const Scene *scene;
    Rng *rng;
    char sentence[MAX_SENTENCES][SENTENCE];
    int count;
} Report;

/* The text for each letter of a pattern; NULL where a pattern may not use the letter. */
typedef struct {
    const char *text['z'];
    const Placed *placed;
} Fill;

/* The draw-th of a list, wrapped around. */
static const char *choose(WordList list, uint32_t draw) {
    uint32_t n = 0;
    while (list[n]) n++;
    NN_REQUIRE(n > 0, "an empty list of words");
    return list[draw % n];
}

static const char *pick(Rng *rng, WordList list) {
    return choose(list, rng_u32(rng));
}

static bool chance(Rng *rng, double p) {
    return rng_uniform(rng) < p;
}

static void put_part(char *to, const char *text, size_t size) {
    size_t have = strlen(to);
    NN_REQUIRE(have + size < SENTENCE, "a sentence is longer than %d bytes", SENTENCE);
    memcpy(to + have, text, size);
    to[have + size] = 0;
}

static void put(char *to, const char *text) {
    put_part(to, text, strlen(text));
}

static void put_number(char *to, int n) {
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    put(to, text);
}

/* ---- Patterns ---- */

static int millimetres(const Report *r, double length) {
    int mm = (int)lround(length * r->scene->frame.depth_mm);
    return mm < 1 ? 1 : mm;
}

static void put_length(const Report *r, char *to, double length) {
    put_number(to, millimetres(r, length));
    put(to, r->words->unit);
}

/* Both axes, or only the longer one. */
static void put_size(Report *r, char *to, const Placed *p) {
    bool both = chance(r->rng, 0.6);
    if (both) put_number(to, millimetres(r, p->long_axis));
    if (both) put(to, r->words->times);
    put_length(r, to, both ? p->short_axis : p->long_axis);
}

static void put_filled(Report *r, char *to, const char *pattern, const Fill *f);

static void put_article(Report *r, char *to, const Fill *f) {
    char noun[SENTENCE] = "";
    put_filled(r, noun, f->text['n'], f);
    if (r->words->articles) put(to, strchr("aeio", noun[0]) ? "an " : "a ");
    put(to, noun);
}

static void put_letter(Report *r, char *to, char letter, const Fill *f) {
    if (letter == 'a') {
        put_article(r, to, f);
    } else if (letter == 'k') {
        put_number(to, r->scene->ray_count);
    } else if (strchr("swd", letter)) {
        NN_REQUIRE(f->placed, "a size of nothing");
        if (letter == 's') put_size(r, to, f->placed);
        if (letter == 'w') put_length(r, to, f->placed->short_axis);
        if (letter == 'd') put_length(r, to, f->placed->z);
    } else {
        NN_REQUIRE(letter >= 'a' && letter < 'z' && f->text[(int)letter], "pattern letter %c", letter);
        put_filled(r, to, f->text[(int)letter], f);
    }
}

static void put_filled(Report *r, char *to, const char *pattern, const Fill *f) {
    for (const char *brace; (brace = strchr(pattern, '{')); pattern = brace + 3) {
        put_part(to, pattern, (size_t)(brace - pattern));
        put_letter(r, to, brace[1], f);
    }
    put(to, pattern);
}

static void capitalise(char *text) {
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = (char)(text[0] - 'a' + 'A');
}

static void add(Report *r, const char *pattern, const Fill *f) {
    NN_REQUIRE(r->count < MAX_SENTENCES, "%d sentences", r->count);
    char *to = r->sentence[r->count++];
    to[0] = 0;
    put_filled(r, to, pattern, f);
    capitalise(to);
}

/* ---- Contents ---- */

static int is_present(const PhantomCase *c, PhantomLabel label) {
    for (int i = 0; i < c->findings; i++)
        if (c->finding[i] == label) return 1;
    return 0;
}

static WordList term_list(const PhantomWords *w, PhantomLabel label, PhantomOrgan organ) {
    if (label == PHANTOM_STONE) return w->stones[organ];
    if (label == PHANTOM_FLUID) return w->fluids[organ];
    if (label == PHANTOM_DUCT) return w->ducts[organ];
    return NULL;
}

static Fill finding_fill(Report *r, const Placed *p) {
    const PhantomWords *w = r->words;
    PhantomOrgan organ = r->c->organ;
    Fill f = {.placed = p};
    WordList terms = term_list(w, p->label, organ), places = w->places[organ];
    if (p->label == PHANTOM_STONE && w->stone_places[organ]) places = w->stone_places[organ];
    if (terms) f.text['t'] = pick(r->rng, terms);
    if (w->nouns[p->label]) f.text['n'] = pick(r->rng, w->nouns[p->label]);
    f.text['p'] = choose(places, p->name);
    return f;
}

static void add_finding(Report *r, const Placed *p) {
    Fill f = finding_fill(r, p);
    add(r, pick(r->rng, r->words->statements[p->label]), &f);
    if (!chance(r->rng, 0.4)) return;
    char *statement = r->sentence[r->count - 1]; /* the detail follows its statement */
    add(r, pick(r->rng, r->words->details[p->label]), &f);
    put(statement, r->words->gap);
    put(statement, r->sentence[--r->count]);
}

/* A spiculated mass is solid and hypoechoic too, so a report with one must not say "no solid nodule". */
static int may_deny(const PhantomCase *c, PhantomLabel label) {
    if (label == PHANTOM_REGULAR && is_present(c, PHANTOM_SPICULATED)) return 0;
    return !is_present(c, label) && phantom_weight(label, c->organ);
}

/* Up to `want` absent findings that the organ could have, in random order. Returns how many. */
static int absent_labels(Report *r, int want, PhantomLabel *labels) {
    int all[PHANTOM_LABELS], n = 0;
    for (int l = PHANTOM_CYST; l < PHANTOM_LABELS; l++)
        if (may_deny(r->c, (PhantomLabel)l)) all[n++] = l;
    rng_shuffle(r->rng, all, (size_t)n);
    n = n < want ? n : want;
    for (int i = 0; i < n; i++) labels[i] = (PhantomLabel)all[i];
    return n;
}

static void add_negations(Report *r, int want) {
    PhantomLabel labels[PHANTOM_LABELS];
    int n = absent_labels(r, want, labels);
    for (int i = 0; i < n; i++) {
        Fill f = {.text['x'] = pick(r->rng, r->words->absent[labels[i]])};
        if (i + 1 < n && chance(r->rng, 0.5)) {
            f.text['y'] = pick(r->rng, r->words->absent[labels[++i]]);
            add(r, pick(r->rng, r->words->two_negations), &f);
        } else {
            add(r, pick(r->rng, r->words->one_negation), &f);
        }
    }
}

static void shuffle_sentences(Report *r, int first) {
    for (int i = r->count - 1; i > first; i--) {
        int j = first + (int)rng_below(r->rng, (uint32_t)(i - first + 1));
        char kept[SENTENCE];
        memcpy(kept, r->sentence[i], SENTENCE);
        memcpy(r->sentence[i], r->sentence[j], SENTENCE);
        memcpy(r->sentence[j], kept, SENTENCE);
    }
}

static void add_impression(Report *r) {
    const PhantomWords *w = r->words;
    Fill none = {0};
    add(r, pick(r->rng, w->impression_leads), &none);
    char *to = r->sentence[r->count - 1];
    if (r->c->findings == 0) put(to, pick(r->rng, w->impressions[PHANTOM_NORMAL]));
    for (int i = 0; i < r->scene->placed_count; i++) {
        Fill f = finding_fill(r, &r->scene->placed[i]);
        if (i) put(to, w->comma);
        put_filled(r, to, pick(r->rng, w->impressions[r->scene->placed[i].label]), &f);
    }
    put(to, w->stop);
}

/* The question of the referring doctor names a finding, present or absent. */
static void add_question(Report *r) {
    PhantomLabel label = (PhantomLabel)(1 + rng_below(r->rng, PHANTOM_LABELS - 1));
    if (!phantom_weight(label, r->c->organ)) return;
    Fill f = {.text['x'] = pick(r->rng, r->words->absent[label])};
    add(r, pick(r->rng, r->words->questions), &f);
}

static void put_one_language(Buffer *out, const PhantomWords *words, const PhantomCase *c, const Scene *s,
                             Rng *rng) {
    Report r = {.words = words, .c = c, .scene = s, .rng = rng, .count = 0};
    Fill organ = {.text['o'] = choose(words->organs[c->organ], s->name)};
    if (chance(rng, 0.2)) add_question(&r);
    if (chance(rng, 0.8)) add(&r, pick(rng, words->techniques), &organ);
    int body = r.count;
    for (int i = 0; i < s->placed_count; i++) add_finding(&r, &s->placed[i]);
    if (c->findings == 0 && chance(rng, 0.8)) add(&r, pick(rng, words->statements[PHANTOM_NORMAL]), &organ);
    if (chance(rng, 0.7)) add(&r, pick(rng, words->unremarkable[c->organ]), &organ);
    add_negations(&r, (c->findings == 0 ? 2 : 1) + (int)rng_below(rng, 3));
    shuffle_sentences(&r, body);
    if (chance(rng, 0.45)) add_impression(&r);
    char lead[SENTENCE];
    snprintf(lead, sizeof lead, "%s", pick(rng, words->findings_leads));
    capitalise(lead);
    buffer_printf(out, "%s", lead);
    for (int i = 0; i < r.count; i++) buffer_printf(out, "%s%s", i ? words->gap : "", r.sentence[i]);
}

void phantom_report(Buffer *out, const PhantomCase *c, const Scene *s, PhantomLang lang, Rng *rng) {
    double draw = rng_uniform(rng);
    int english = lang == PHANTOM_EN || (lang == PHANTOM_MIXED && draw < 0.575);
    int chinese = lang == PHANTOM_ZH || (lang == PHANTOM_MIXED && draw >= 0.425); /* 15 % in both */
    if (english) put_one_language(out, &phantom_words_en, c, s, rng);
    if (english && chinese) buffer_printf(out, " ");
    if (chinese) put_one_language(out, &phantom_words_zh, c, s, rng);
}
