/* Labels by words in a report, with negation and uncertainty: NegEx (Chapman et al., J Biomed Inform 34, 2001, 301-310), with the
 * scope of ConText (Harkema et al., J Biomed Inform 42, 2009, 839-851): a cue reaches to the end of its sentence, or to a word that
 * ends its scope ("but"); a Chinese cue also ends at a comma.
 *
 * A list has a line for each label:
 *     label: word, phrase, ...     the case has the label where one of them is affirmed
 *     [label]: word, ...           the same, only for a case without any other label ("normal")
 *     @before: cue, ...            more negations before a finding ("kein"); @after: behind it; @possible: uncertainty before it;
 *     @possible-after:             uncertainty behind it; @ends: words that end a scope; @not-a-cue: phrases with a cue that is none
 *     @cues none                   without the built-in cues (English and Chinese)
 *     @scope N                     a cue reaches N words at most [to the end of the sentence]
 * A word that ends in '*' matches every word that begins so; "a ... b" allows up to 5 words between; '#' starts a comment. */
#ifndef DATA_IMPORT_LABEL_WORDS_H
#define DATA_IMPORT_LABEL_WORDS_H

#include <stddef.h>

#include "nn/base/error.h"

typedef struct LabelWords LabelWords;

typedef enum { WORDS_NONE, WORDS_NEGATED, WORDS_UNCERTAIN, WORDS_PRESENT } WordsFound;

/* name: of a shipped list (chest-xray, lung-ultrasound, breast-ultrasound), or a file. A faulty line is an input error with its number,
 * an unknown name STATUS_USAGE. Release *w with label_words_free. */
Status label_words_read(LabelWords **w, const char *name, Error *err);
/* The same from text; path: for messages. */
Status label_words_parse(LabelWords **w, const char *path, const char *text, Error *err);
int label_words_count(const LabelWords *w);
const char *label_words_name(const LabelWords *w, int label);

/* found (labels): the strongest finding of each label. A label in brackets is WORDS_PRESENT only where no other label is.
 * phrase (labels): the matching phrase of the list, owned by w, or NULL. */
Status label_words_find(const LabelWords *w, const char *text, WordsFound *found, const char **phrase,
                        Error *err);
void label_words_free(LabelWords *w);

/* A shipped list as text, or NULL. label_list_name(i): NULL behind the last. */
const char *label_list(const char *name);
const char *label_list_name(int i);

#endif
