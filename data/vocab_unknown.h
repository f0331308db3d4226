/* The words of a text that a vocabulary lacks; of the part hints. */
#ifndef DATA_VOCAB_UNKNOWN_H
#define DATA_VOCAB_UNKNOWN_H

#include "data/vocab.h"

/* Calls unknown (may be NULL) with each word of a text that the vocabulary lacks, but for pairs of CJK characters,
 * whose characters are words too. A text without any known word has no meaning for the model: STATUS_INPUT. */
typedef Status VocabUnknown(void *ctx, const char *word, Error *err);
Status vocab_unknown(const Vocab *v, const char *text, VocabUnknown *unknown, void *ctx, Error *err);

#endif
