/* The terms of the pages, each with its meaning in one sentence or two. */
#ifndef EVAL_GLOSSARY_H
#define EVAL_GLOSSARY_H

#include <stdbool.h>

#include "nn/base/bytes.h"

/* The meaning of a term, such as "MAP" or "NDCG". The term must exist. */
const char *glossary_meaning(const char *term);
/* A list of terms with their meaning, as HTML or as Markdown. terms: ends with NULL. */
void glossary_write(Buffer *b, bool page, const char *const *terms);

#endif
