/* The threads that search for the page. Each has a finder of its own, so that no query waits for another. They know nothing of HTTP. */
#ifndef CMD_SERVE_WORK_H
#define CMD_SERVE_WORK_H

#include "cmd/serve/reply.h"

enum { WORK_QUEUE = 128 }; /* most jobs that wait */

typedef struct Workers Workers;

/* done(ctx) is called by a worker's thread after each job. Strings are borrowed. */
typedef struct {
    const char *model, *index;
    int threads;
    const Log *log;
    void (*done)(void *ctx);
    void *ctx;
} WorkOptions;

/* Opens model and index, once for each thread. workers_stop after STATUS_OK; the jobs that wait are then answered first. */
Status workers_start(Workers **out, const WorkOptions *o, Error *err);
void workers_stop(Workers *w);

/* Takes the job over; false, with the job left to the caller, where WORK_QUEUE jobs wait. */
bool workers_give(Workers *w, Job *job);
/* The next finished job, owned by the caller, or NULL. */
Job *workers_take(Workers *w);
/* Each thread opens the index again before its next job; where that fails, it logs why and keeps the index that it has. */
void workers_reload(Workers *w);

#endif
