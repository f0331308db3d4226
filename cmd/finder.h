/* Search over an index: from a question (text, picture, id, or a filter alone) to its nearest cases and to the facts by which a reader
 * judges them. Nothing here prints or exits, so that the command, the pages and a server share it.
 *
 *     Finder f;                                        Answer a = {0};
 *     finder_open(&f, "RUN", "X.idx", log, err);       SearchOptions o = SEARCH_DEFAULT;
 *     finder_filter(&f, &options, &filter, err);       finder_ask(&f, &question, &o, &a, err);
 *
 * A Finder is only read after finder_open. Several threads may ask at once where each has an Answer of its own and f.pool is NULL;
 * index_case (hash/search/index.h) still serves one thread at a time. */
#ifndef CMD_FINDER_H
#define CMD_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/search/index.h"
#include "nn/base/bytes.h"
#include "nn/base/log.h"
#include "train/encode.h"
#include "train/model_file.h"

typedef struct {
    const char *model_path, *index_path; /* as given, borrowed; model_path NULL: no model */
    bool has_model;
    ModelFile model;
    Index *index;
    IndexGroups groups;
    const char *pictures; /* a folder in place of the one that the index names; or NULL */
    Pool *pool;
    const Log *log;
} Finder;

/* model NULL: only ids and filters can be asked. STATUS_INPUT where the model is not the model of the index. The caller sets pool (NULL:
 * one thread). log: warnings, or NULL. finder_close in every case. */
Status finder_open(Finder *f, const char *model, const char *index, const Log *log, Error *err);
void finder_close(Finder *f);

/* allowed (count) by Modality: 1 where the case passes, has this modality and is not deleted. passed: cases with a 1 in either. */
typedef struct {
    uint8_t *allowed[MODALITIES];
    int64_t passed;
} Filter;

/* ---- Asking ---- */

/* ASK_FILTER: no question; the cases that pass the filter, in the order of the index. */
typedef enum { ASK_TEXT, ASK_IMAGE, ASK_ID, ASK_CODE, ASK_FILTER } QueryKind;

/* value: the text, the path of the picture, the id, or the code as two hex digits a byte; borrowed. data (size): the bytes of a picture file, in place of the file. features: ASK_TEXT,
 * ASK_IMAGE of a model that takes features: (tokens, width) of its config.own; value: a name. */
typedef struct {
    QueryKind kind;
    const char *value;
    const unsigned char *data;
    size_t size;
    const float *features;
} Query;

typedef struct {
    int find;             /* a Modality, or -1: the opposite of the question's; a code needs a Modality */
    int radius;           /* most differing bits; -1: no limit */
    size_t k;             /* most hits; 0: all */
    size_t per_group;     /* most hits of one group (patient, case or video); 0: no limit */
    size_t rerank;        /* this many nearest cases are ordered by score; 0: none */
    const Filter *filter; /* NULL: every case */
} SearchOptions;
#define SEARCH_DEFAULT ((SearchOptions){.find = -1, .radius = -1, .k = 10})
/* Defaults of output for people; programs get every hit in the order of its bits. */
enum { SEARCH_PEOPLE_PER_GROUP = 1, SEARCH_PEOPLE_RERANK = 100 };

typedef enum { TRAINED_UNKNOWN = -1, TRAINED_NO, TRAINED_YES } Trained;

/* One hit. Where a fact is not known, because model or index are of an older version or hold no such data, its field has the value in
 * brackets.
 *   distance    differing bits [-1: ASK_FILTER compares no codes]
 *   score       sum_j s_j b_j of the question's scores s and the case's bits b in {-1,+1}; larger is nearer [NAN: not reranked]
 *   trained_on  whether the model was trained on this case: on its id and report (train/calibration.h; older models: on its id)
 *   group       name of the case's group, borrowed from the index [NULL]
 *   more        further cases of the group that pass the filter and are no hits of this answer [0]
 *   confidence  share of cases at this distance that had a label in common with validation queries, 0 to 1 [NAN]
 *   range       between which it lies for other patients [NAN] */
typedef struct {
    int64_t row; /* of the index; index_case reads id, text, picture and labels */
    int distance;
    double score;
    Trained trained_on;
    const char *group;
    int64_t more;
    double confidence, range[2];
} AnswerHit;

/* Begins as {0} and can serve many questions of one Finder, which is faster: it keeps the encoder. answer_free in every case.
 * Order of the hits: the nearest `rerank` cases, with all that lie as near as the last of them, by falling score, then by distance, then
 * by id; all others by distance, then in the order of the index.
 *   within, ties  the greatest distance of the hits, and how many cases that pass the filter lie within it: "10 of 324 cases within 8
 *                 bits". Of ASK_FILTER: -1, and the cases that pass. Without hits: -1, 0
 *   chance_from   least distance from which those shares are no higher than chance; -1: none or not known
 *   chance        that share; NAN: not known
 *   unknown       words of a text that the model does not know
 *   scored        by real-valued scores; false: by the bits of a code, whose score says no more than the distance
 *   unlike        a picture is farther from the training pictures, or a text that asks the whole index from every picture, than nearly all
 *                 validation cases are; no confidence is known then */
typedef struct {
    Modality asked, found; /* modality of the question, modality of the codes searched */
    int64_t row;    /* row of the case that asks, which is no hit; -1: the question is no case of the index */
    AnswerHit *hit; /* (n) */
    size_t n;
    int within;
    int64_t ties;
    int chance_from;
    double chance;
    char **unknown; /* (n_unknown) */
    size_t n_unknown;
    bool unlike;
    bool scored;

    /* Memory of finder_ask. */
    size_t room, unknown_room;
    Encoder encoder;
    bool encodes;
    Hit *near;
    size_t near_room;
    struct Ranked *ranked; /* candidates in the order of the answer */
    size_t ranked_room;
    struct GroupCount *count; /* (groups) zeros between two questions */
} Answer;

/* STATUS_USAGE: the question needs a model; a code has another form than the index. STATUS_INPUT: no such case, a picture that cannot be read. */
Status finder_ask(const Finder *f, const Query *q, const SearchOptions *o, Answer *a, Error *err);
void answer_free(Answer *a);

/* The labels of a case with '|' between them, appended to b with an ending 0. */
void finder_labels(Buffer *b, const IndexCase *c);

/* *path: the picture of a case, relative to the working directory; NULL where the case has none. The caller frees it. In f->pictures the
 * longest end of the indexed path that is there counts: of ../old/images/1.png first old/images/1.png, then images/1.png, then 1.png. */
Status finder_picture(const Finder *f, const IndexCase *c, char **path, Error *err);

#endif
