/* libmsach: search an archive of medical images and reports by short binary codes. Fifteen functions, no others.
 *
 *     msach_error err;
 *     msach_model *model = NULL;
 *     if (msach_model_open(&model, "runs/first", &err) != MSACH_OK) complain(err.message);
 *     ...
 *     msach_model_close(model);
 *
 * Errors. A function that can fail returns its msach_status, fills err (which may be NULL); its results mean nothing then,
 * and a handle that was to be opened is NULL. No input ends the process: a wrong argument is MSACH_USAGE, a file that is
 * missing, malformed or damaged MSACH_INPUT. Nothing is printed.
 * Threads. The library starts none and keeps nothing between calls outside of its handles: any number of threads may work
 * at once, each with handles of its own. One handle is for one thread at a time.
 * Memory. Handles belong to the caller, who closes them; all arrays are the caller's.
 * Codes. bits/8 bytes each, bits a multiple of 8 from 16 to 1,024. Bit j is bit j%8 of byte j/8 (NumPy packbits, little);
 * the codes are those that `msach encode` writes. The distance of two codes is the number of their differing bits.
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

/* The exit codes of the command. */
typedef enum {
    MSACH_OK = 0,
    MSACH_CHECK = 1,    /* a verification failed */
    MSACH_USAGE = 2,    /* an argument is wrong */
    MSACH_INPUT = 3,    /* a file is missing, malformed or damaged, or does not go with another */
    MSACH_IO = 4,       /* the system refused: permission, disk, memory */
    MSACH_INTERNAL = 5, /* a state that should not be */
} msach_status;

/* message: what is wrong, what was expected, how to mend it; "" while status is MSACH_OK. */
typedef struct {
    msach_status status;
    char message[2048];
} msach_error;

typedef enum { MSACH_IMAGE = 0, MSACH_TEXT = 1 } msach_kind;

enum { MSACH_MAX_BITS = 1024, MSACH_MAX_CODE_BYTES = MSACH_MAX_BITS / 8 };

typedef struct msach_model msach_model;
typedef struct msach_index msach_index;

/* "0.1.0"; lives for ever. */
MSACH_API const char *msach_version(void);
/* What a status means, in a few words; lives for ever. */
MSACH_API const char *msach_status_text(msach_status status);

/* ---- From a picture or a text to its code ---- */

/* path: a model.safetensors, or the directory of a run. Its checksum and all its sizes are checked. MSACH_INPUT where it is
 * no model of msach's. */
MSACH_API msach_status msach_model_open(msach_model **model, const char *path, msach_error *err);
/* NULL is fine. */
MSACH_API void msach_model_close(msach_model *model);
/* Bits of its codes. */
MSACH_API int msach_model_bits(const msach_model *model);

/* code: bits/8 bytes. text: UTF-8, ends in 0, not empty. Words beyond the model's length are left out; a text of which the
 * model knows no word has a code all the same. */
MSACH_API msach_status msach_encode_text(msach_model *model, const char *text, uint8_t *code,
                                         msach_error *err);
/* path: a picture of any kind that `msach encode` reads. */
MSACH_API msach_status msach_encode_file(msach_model *model, const char *path, uint8_t *code,
                                         msach_error *err);
/* pixels: height rows, `stride` bytes from one to the next (at least width), of width gray values, 0 black to 255 white, from
 * the top. width and height from 1; at most 64 Mi pixels. */
MSACH_API msach_status msach_encode_pixels(msach_model *model, const uint8_t *pixels, int width, int height,
                                           size_t stride, uint8_t *code, msach_error *err);

/* ---- Search ---- */

/* path: an index that `msach index` wrote; later changes of the file do not show. model: the one whose codes will be
 * asked, so that codes of another are refused (MSACH_INPUT), or NULL; not kept. */
MSACH_API msach_status msach_index_open(msach_index **index, const char *path, const msach_model *model,
                                        msach_error *err);
/* NULL is fine. */
MSACH_API void msach_index_close(msach_index *index);

/* rows: cases, numbered 0..rows-1, deleted ones included; cases: without them. */
typedef struct {
    int bits;
    int64_t rows, cases;
} msach_index_info;
MSACH_API msach_index_info msach_index_about(const msach_index *index);

/* Strings and codes live as long as the index, `label` until the next msach_index_case of it. Any of image, text and the
 * codes is NULL where the case has none. */
typedef struct {
    const char *id, *text;
    const char *image;        /* path of the picture, relative to the folder of the index */
    const char *const *label; /* (labels) */
    int labels;
    const uint8_t *code[2]; /* bits/8 bytes each, by msach_kind */
} msach_case;
/* The case of a row. MSACH_USAGE for a row that is not there. */
MSACH_API msach_status msach_index_case(msach_index *index, int64_t row, msach_case *out, msach_error *err);
/* The row of a case by its id, or -1. */
MSACH_API int64_t msach_index_find(const msach_index *index, const char *id);

typedef struct {
    int64_t row;
    int distance; /* bits */
} msach_hit;
/* The k nearest cases of each of n codes (n, bits/8), n to 1,048,576, k from 1: into hits (n, k), nearest first, equal
 * distances in the order of rows; found (n): how many of a code's k there are. kind: whether the archive's image codes or
 * its text codes are searched. radius: only hits at most so many bits away; -1: no limit. Exact: no neighbour is missed. */
MSACH_API msach_status msach_search(const msach_index *index, msach_kind kind, const uint8_t *codes, size_t n,
                                    size_t k, int radius, msach_hit *hits, size_t *found, msach_error *err);

/* ---- How good codes are ---- */

/* Each query ranks the whole database by distance; an item is relevant where it shares a label with the query. Codes (n,
 * bits/8), labels (n, classes) of 0 or not 0, classes from 1 to 4,096. */
typedef struct {
    int bits, classes;
    size_t queries, database;
    const uint8_t *query_codes, *database_codes;
    const uint8_t *query_labels, *database_labels;
} msach_task;

/* Means over all queries, 0..1. map: of average precision over all orders of equal distances; low and high: in the worst
 * and in the best of these orders. map_random: what one code for all would have. */
typedef struct {
    double map, map_low, map_high, map_random;
    double precision_at_10, ndcg;
} msach_quality;
MSACH_API msach_status msach_evaluate(const msach_task *task, msach_quality *out, msach_error *err);

#ifdef __cplusplus
}
#endif

#endif
