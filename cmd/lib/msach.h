/* libmsach: search an archive of medical images and reports by short binary codes. Eighteen functions, no others.
 *
 *     msach_error err;
 *     msach_model *model = NULL;
 *     if (msach_model_open(&model, "runs/first", &err) != MSACH_OK) complain(err.message);
 *     ...
 *     msach_model_close(model);
 *
 * Errors. A function that can fail returns a msach_status and fills err, which may be NULL. After a failure its results are undefined,
 * and a handle that it should have opened is NULL. No input ends the process, but an index that is cut off while it is open (msach_index_open): a wrong argument gives MSACH_USAGE; a missing, malformed or
 * damaged file gives MSACH_INPUT. The library prints nothing.
 * Threads. The library starts no thread and keeps state in its handles alone. Threads may work at the same time, each with its own
 * handles. Only one thread at a time may use a handle.
 * Memory. The caller closes handles and owns all arrays.
 * Codes. bits/8 bytes each; bits is a multiple of 8 from 16 to 1,024. Bit j is bit j%8 of byte j/8 (NumPy packbits, little). Codes equal
 * those that `msach encode` writes. The distance of two codes is the number of bits that differ.
 *
 * A research model. Not a medical device; not for diagnosis or treatment. */
#ifndef MSACH_H
#define MSACH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MSACH_API __attribute__((visibility("default")))
#else
#define MSACH_API
#endif

/* Equal to the exit codes of the command. */
typedef enum {
    MSACH_OK = 0,
    MSACH_CHECK = 1,    /* a verification failed */
    MSACH_USAGE = 2,    /* an argument is wrong */
    MSACH_INPUT = 3,    /* a file is missing, malformed or damaged, or does not match another file */
    MSACH_IO = 4,       /* the system refused: permission, disk, memory */
    MSACH_INTERNAL = 5, /* an internal error */
} msach_status;

/* message: what is wrong, what was expected, how to fix it; "" if status is MSACH_OK. */
typedef struct {
    msach_status status;
    char message[2048];
} msach_error;

typedef enum { MSACH_IMAGE = 0, MSACH_TEXT = 1 } msach_kind;

enum { MSACH_MAX_BITS = 1024, MSACH_MAX_CODE_BYTES = MSACH_MAX_BITS / 8 };

typedef struct msach_model msach_model;
typedef struct msach_index msach_index;

/* "0.1.0"; a constant. */
MSACH_API const char *msach_version(void);
/* The meaning of a status; a constant. */
MSACH_API const char *msach_status_text(msach_status status);

/* ---- From a picture or a text to its code ---- */

/* path: a model.safetensors, or the directory of a run. Checks the checksum and all sizes. MSACH_INPUT where the file is not a model of
 * msach. */
MSACH_API msach_status msach_model_open(msach_model **model, const char *path, msach_error *err);
/* Accepts NULL. */
MSACH_API void msach_model_close(msach_model *model);
/* Bits of a code of the model; 0 for NULL. */
MSACH_API int msach_model_bits(const msach_model *model);

/* bits: of a code. features: width of c_m. side: pictures become (side, side) pixels. hash: the name of the model in an index; lives as long
 * as the model. takes_tokens, takes_width (by msach_kind): the features of another program that the model takes instead of pictures or texts;
 * 0: it takes pictures or texts. All 0 and NULL for NULL. */
typedef struct {
    int bits, features, side;
    const char *hash;
    int takes_tokens[2], takes_width[2];
} msach_model_info;
MSACH_API msach_model_info msach_model_about(const msach_model *model);

/* height rows from the top, `stride` >= width bytes apart, of width gray values; 0 is black, 255 white. width and height from 1; at most
 * 64 Mi pixels. */
typedef struct {
    const uint8_t *pixels;
    int width, height;
    size_t stride;
} msach_picture;
/* The bytes of a picture's file, of any kind that `msach encode` reads. */
typedef struct {
    const uint8_t *data;
    size_t size;
} msach_bytes;

/* Features of another program instead of pictures or texts: x (n, tokens, width), finite, tokens and width as the model takes them. */
typedef struct {
    msach_kind kind;
    const float *x;
    size_t tokens, width;
} msach_features;

/* n cases, from exactly one of the five sources; the others are NULL. texts (n): UTF-8, ended by 0, not empty. A text beyond the model's
 * length keeps its impression, then its findings, then the rest, as in training. MSACH_INPUT for a text without any word that the model knows. paths (n): pictures of any kind that `msach encode` reads. features:
 * one array of all n cases, for a model that takes features; such a model takes nothing else of that kind (MSACH_INPUT). */
typedef struct {
    size_t n;
    const char *const *texts;
    const char *const *paths;
    const msach_bytes *files;
    const msach_picture *pictures;
    const msach_features *features;
} msach_cases;
/* Results of n cases: codes (n, bits/8); scores (n, bits), real values whose signs are the bits; features (n, features) c_m before hashing.
 * NULL: not wanted. */
typedef struct {
    uint8_t *codes;
    float *scores, *features;
} msach_encoding;
/* Encodes n cases. A message names the case that is wrong, as row and column of features, from 1. Much faster than one by one: values derived from the weights are computed
 * once for 256 cases. */
MSACH_API msach_status msach_encode(msach_model *model, const msach_cases *cases, const msach_encoding *out,
                                    msach_error *err);
/* One text, one picture's file, one picture: code (bits/8), see msach_cases. */
MSACH_API msach_status msach_encode_text(msach_model *model, const char *text, uint8_t *code,
                                         msach_error *err);
MSACH_API msach_status msach_encode_file(msach_model *model, const char *path, uint8_t *code,
                                         msach_error *err);
MSACH_API msach_status msach_encode_pixels(msach_model *model, const uint8_t *pixels, int width, int height,
                                           size_t stride, uint8_t *code, msach_error *err);

/* ---- Search ---- */

/* path: an index of `msach index`; later changes of the file have no effect, but cutting it off raises SIGBUS: replace it
 * by renaming. model: the source of the query codes, or NULL; MSACH_INPUT
 * where the index holds codes of another model. The index does not keep the model. */
MSACH_API msach_status msach_index_open(msach_index **index, const char *path, const msach_model *model,
                                        msach_error *err);
/* Accepts NULL. */
MSACH_API void msach_index_close(msach_index *index);

/* rows: all cases, with deleted ones, numbered 0..rows-1. cases: without deleted ones. */
typedef struct {
    int bits;
    int64_t rows, cases;
} msach_index_info;
MSACH_API msach_index_info msach_index_about(const msach_index *index);

/* Strings and codes live as long as the index; the array `label` lives until the next msach_index_case of the same index. image, text and
 * codes are NULL where the case has none. */
typedef struct {
    const char *id, *text;
    const char *image;        /* path of the picture, relative to the folder of the index */
    const char *const *label; /* (labels) */
    int labels;
    const uint8_t *code[2]; /* bits/8 bytes each, by msach_kind */
} msach_case;
/* The case of a row. MSACH_USAGE where there is no such row, or its case is deleted. */
MSACH_API msach_status msach_index_case(msach_index *index, int64_t row, msach_case *out, msach_error *err);
/* The row of the case with this id, or -1. */
MSACH_API int64_t msach_index_find(const msach_index *index, const char *id);
/* All codes of a kind (rows, bits/8), which live as long as the index; NULL for a wrong argument. present (rows), may be NULL: set to 1 where
 * the case has a code of this kind and is not deleted. A row without it has no meaning; `msach index --compact` removes deleted cases. */
MSACH_API const uint8_t *msach_index_codes(const msach_index *index, msach_kind kind, uint8_t *present);

typedef struct {
    int64_t row;
    int distance; /* bits */
} msach_hit;
/* Finds the k nearest cases of each of n codes (n, bits/8); n at most 1,048,576, k from 1. hits (n, k): nearest first, equal distances in
 * the order of rows. found (n): number of hits of each code. kind: search image codes or text codes. radius: largest distance of a hit;
 * -1: no limit. The search is exact. */
MSACH_API msach_status msach_search(const msach_index *index, msach_kind kind, const uint8_t *codes, size_t n,
                                    size_t k, int radius, msach_hit *hits, size_t *found, msach_error *err);

/* ---- Quality of codes ---- */

/* Each query ranks the whole database by distance. An item is relevant if it shares a label with the query; MSACH_INPUT where no query has
 * one. Codes (n, bits/8); labels
 * (n, classes), 0 or not 0; classes from 1 to 4,096. groups (queries): equal numbers for queries of one patient or video; NULL: each query
 * is its own group. ap (queries): receives the average precision of each query; or NULL. interval: also compute the interval of map.
 * Initialise with {0}: later versions may append members. */
typedef struct {
    int bits, classes;
    size_t queries, database;
    const uint8_t *query_codes, *database_codes;
    const uint8_t *query_labels, *database_labels;
    const int *groups;
    double *ap;
    int interval; /* 0 or 1 */
} msach_task;

/* Means over all queries, 0..1. map: mean average precision, expected over all orders of equal distances; map_low and map_high: in the worst
 * and the best order. map_random: the value of a constant code. interval_low, interval_high: 95 % percentile bootstrap interval of map, 2,000
 * draws of whole groups of queries; 0 where task.interval is 0. */
typedef struct {
    double map, map_low, map_high, map_random;
    double precision_at_10, ndcg;
    double interval_low, interval_high;
} msach_quality;
MSACH_API msach_status msach_evaluate(const msach_task *task, msach_quality *out, msach_error *err);

#ifdef __cplusplus
}
#endif

#endif
