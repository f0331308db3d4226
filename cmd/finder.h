/* One search: an index, the model that made it, the cases that are allowed; from a question to its nearest
 * cases. */
#ifndef CMD_FINDER_H
#define CMD_FINDER_H

#include <regex.h>

#include "cmd/cases.h"
#include "cmd/verbs.h"
#include "hash/search/scan.h"

typedef enum { ASK_TEXT, ASK_IMAGE, ASK_ID } QueryKind;

typedef struct {
    QueryKind kind;
    const char *value; /* the text, the picture's path, the id; borrowed */
} Query;

/* The answer to one question; hits nearest first, equal distances in the order of the index. */
typedef struct {
    Modality asked, found; /* of the question's code, of the codes searched */
    int64_t row;           /* of the case that asks; -1: not a case of the index */
    Hit *hit;              /* (room) */
    size_t n, room;
} Answer;

typedef struct {
    const char *model_path, *index_path; /* as given */
    bool has_model;
    ModelFile model;
    Index *index;
    uint8_t *allowed[2]; /* (count) of each modality: after --label and --id-match */
    int find;            /* a Modality, or -1: the other one than the question's */
    size_t k;
    int radius; /* -1: none */
    Pool *pool;
    const Log *log;
} Finder;

typedef struct {
    const char *model, *index;
    const char *const *labels; /* (n_labels) a hit has all of them */
    int n_labels;
    const char *id_match; /* POSIX extended regular expression, or NULL */
} FinderOptions;

/* model may be NULL: then only ids can be asked. A model other than the index's is refused. find, k, radius,
 * pool and log are the caller's to set. finder_close in every case. */
Status finder_open(Finder *f, const FinderOptions *o, const Log *log, Error *err);
void finder_close(Finder *f);

/* answer_free in every case; one answer serves many questions. */
Status finder_ask(Finder *f, const Query *q, Answer *a, Error *err);
void answer_free(Answer *a);

/* A case's picture as the working directory sees it: the index names it relative to itself. *path is NULL where it has none;
 * mem_free it. */
Status finder_picture(const Finder *f, const IndexCase *c, char **path, Error *err);

#endif
