/* Search over an index: from a question (text, picture or id) to its nearest cases. */
#ifndef CMD_FINDER_H
#define CMD_FINDER_H

#include <regex.h>

#include "cmd/cases.h"
#include "cmd/verbs.h"
#include "hash/search/scan.h"

typedef enum { ASK_TEXT, ASK_IMAGE, ASK_ID } QueryKind;

typedef struct {
    QueryKind kind;
    const char *value; /* the text, the path of the picture, or the id; borrowed */
} Query;

/* Hits of one question, nearest first; equal distances in the order of the index. */
typedef struct {
    Modality asked, found; /* modality of the question, modality of the codes searched */
    int64_t row;           /* row of the case that asks; -1: the question is no case of the index */
    Hit *hit;              /* (room) */
    size_t n, room;
} Answer;

typedef struct {
    const char *model_path, *index_path; /* as given */
    bool has_model;
    ModelFile model;
    Index *index;
    uint8_t *allowed[2]; /* (count) by modality: 1 where a row passes --label and --id-match */
    int find;            /* a Modality, or -1: the opposite of the question's */
    size_t k;
    int radius; /* -1: none */
    Pool *pool;
    const Log *log;
} Finder;

typedef struct {
    const char *model, *index;
    const char *const *labels; /* (n_labels) every hit has all of them */
    int n_labels;
    const char *id_match; /* POSIX extended regular expression, or NULL */
} FinderOptions;

/* model NULL: only ids can be asked. STATUS_INPUT where the model is not the model of the index. The caller sets find, k, radius, pool and
 * log. finder_close in every case. */
Status finder_open(Finder *f, const FinderOptions *o, const Log *log, Error *err);
void finder_close(Finder *f);

/* One Answer can serve many questions. answer_free in every case. */
Status finder_ask(Finder *f, const Query *q, Answer *a, Error *err);
void answer_free(Answer *a);

/* *path: the picture of a case, relative to the working directory; NULL where the case has none. The caller frees it. */
Status finder_picture(const Finder *f, const IndexCase *c, char **path, Error *err);

#endif
