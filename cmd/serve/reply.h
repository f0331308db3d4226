/* What a client asks for as a job, and one thread's finder with the answers that it gives. Nothing here knows of HTTP but for its status codes. */
#ifndef CMD_SERVE_REPLY_H
#define CMD_SERVE_REPLY_H

#include <sys/stat.h>

#include "cmd/finder_filter.h"
#include "cmd/serve/ask.h"
#include "nn/base/bytes.h"

enum { HTTP_BUSY = 503 };
enum { REPLY_THUMB = 240, REPLY_PICTURE = 2048 }; /* sides of pictures, in pixels */

typedef enum { JOB_SEARCH, JOB_CASE, JOB_ABOUT, JOB_THUMB, JOB_PICTURE } JobKind;

/* ask: of a search; of JOB_CASE its query.value is the id. row: of a picture. check: 0, or reply_check() of the id that the row must have. body
 * (body_size): a picture file, owned. code, type, out: the answer, an HTTP status, a media type and the bytes. */
typedef struct Job {
    struct Job *next;
    void *request; /* of the caller */
    JobKind kind;
    Ask ask;
    int64_t row;
    uint64_t check;
    unsigned char *body;
    size_t body_size;
    int code;
    const char *type;
    Buffer out;
} Job;

void job_free(Job *job);
/* Makes the answer of a job an error: {"error":"message"}. */
void job_fail(Job *job, int code, const char *message);

/* Names the id of a case in the address of its picture: an address from before a reload must not show the picture of another case. Not 0. */
uint64_t reply_check(const char *id);

/* A filter that was asked, for the next pages and questions with the same one. key: what FilterOptions say; NULL: free. notes: its warnings. */
typedef struct {
    char *key;
    Filter filter;
    Buffer notes;
} KeptFilter;
enum { KEPT_FILTERS = 8 };

/* finder: NULL where nothing is open. file: that of the index when it was opened. notes: warnings of the finder about the question, as items of a JSON array. about: the answer of JOB_ABOUT
 * for this index, made on demand. */
typedef struct {
    Finder *finder;
    struct stat file;
    Answer answer;
    Log notes_log;
    Buffer notes, about;
    KeptFilter kept[KEPT_FILTERS];
    size_t next_kept; /* the oldest one */
} Desk;

/* Opens model (NULL: none) and index. On failure the desk keeps what it had. desk_close in the end. The desk must not move. */
Status desk_open(Desk *d, const char *model, const char *index, Error *err);
void desk_close(Desk *d);
/* Whether another program shortened the file of the open index. */
bool desk_is_cut(const Desk *d);

/* Fills code, type and out of the job. log: failures of the server itself, without a word of any report. */
void desk_answer(Desk *d, Job *job, const Log *log);

#endif
