/* The words of the reports, one table a language. Lists end with NULL. In a pattern these are filled in:
 *   {n} a noun of the finding   {a} the same with its article      {t} the organ's own term for it
 *   {p} place in the organ      {s} size, "12 x 9 mm"              {w} the shorter axis, "9 mm"
 *   {d} depth below the skin    {k} a small number                 {o} the region examined
 *   {x} {y} two findings that are absent (in a question: {x} is any finding) */
#ifndef DATA_PHANTOM_WORDS_H
#define DATA_PHANTOM_WORDS_H

#include "data/phantom/phantom.h"

typedef const char *const *WordList;

typedef struct {
    WordList organs[PHANTOM_ORGANS];
    WordList unremarkable[PHANTOM_ORGANS];                         /* true of the organ with any finding */
    WordList places[PHANTOM_ORGANS], stone_places[PHANTOM_ORGANS]; /* stone_places: NULL = places */
    WordList stones[PHANTOM_ORGANS], fluids[PHANTOM_ORGANS],
        ducts[PHANTOM_ORGANS]; /* {t}; NULL: the organ has none */
    WordList nouns[PHANTOM_LABELS], statements[PHANTOM_LABELS], absent[PHANTOM_LABELS],
        impressions[PHANTOM_LABELS];
    WordList details[PHANTOM_LABELS]; /* a second sentence about the finding */
    WordList one_negation, two_negations, techniques, questions;
    WordList impression_leads, findings_leads; /* before the conclusion; before the report */
    const char *gap, *comma, *stop;            /* between sentences; between conclusions; after them */
    const char *times, *unit;                  /* in sizes */
    int articles;                              /* {a} takes "a" or "an" */
} PhantomWords;

extern const PhantomWords phantom_words_en, phantom_words_zh;

#endif
