#include "cmd/serve/work.h"

#include <pthread.h>
#include <string.h>

#include "cmd/cut.h"
#include "nn/base/alloc.h"

typedef struct {
    Workers *all;
    pthread_t thread;
    Desk desk;
    unsigned long generation; /* of the index that the desk has */
    bool cut;                 /* the file of that index is no longer whole */
} Worker;

typedef struct {
    Job *first, **last;
    int n;
} Queue;

struct Workers {
    WorkOptions options;
    Worker *worker; /* (options.threads) */
    int started;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t news;
    Queue waiting, finished;
    unsigned long generation; /* one more with every reload */
    bool stop;
};

/* ---- Jobs ---- */

static void queue_add(Queue *q, Job *job) {
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
    q->n++;
}

static Job *queue_next(Queue *q) {
    Job *job = q->first;
    if (!job) return NULL;
    q->first = job->next;
    if (!q->first) q->last = &q->first;
    q->n--;
    return job;
}

bool workers_give(Workers *w, Job *job) {
    pthread_mutex_lock(&w->lock);
    bool room = w->waiting.n < WORK_QUEUE;
    if (room) queue_add(&w->waiting, job);
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
    return room;
}

Job *workers_take(Workers *w) {
    pthread_mutex_lock(&w->lock);
    Job *job = queue_next(&w->finished);
    pthread_mutex_unlock(&w->lock);
    return job;
}

void workers_reload(Workers *w) {
    pthread_mutex_lock(&w->lock);
    w->generation++;
    pthread_cond_broadcast(&w->news);
    pthread_mutex_unlock(&w->lock);
}

/* ---- A thread ---- */

/* asked: by SIGHUP; else because the index was cut off. */
static void reload(Worker *w, bool asked) {
    Error err = {0};
    const WorkOptions *o = &w->all->options;
    Status s = desk_open(&w->desk, o->model, o->index, &err);
    bool cut = cut_happened();
    if (s == STATUS_OK && !cut && (w->cut || w == w->all->worker))
        log_line(o->log, "%s: read again, %lld cases", o->index,
                 (long long)index_live(w->desk.finder->index));
    else if (s != STATUS_OK && asked)
        log_warn(o->log, "the index is not read again: %s", err.message);
    w->cut = cut || (s != STATUS_OK && w->cut);
}

/* Where the file of the index is cut off, requests are refused until it can be read again. */
static void answer(Worker *w, Job *job) {
    const WorkOptions *o = &w->all->options;
    if (w->cut) reload(w, false);
    if (!w->cut) desk_answer(&w->desk, job, o->log);
    bool cut = cut_happened();
    cut = desk_is_cut(&w->desk) || cut;
    if (cut && !w->cut)
        log_warn(o->log, "%s: was cut off by another program; requests are refused until it is whole again",
                 o->index);
    w->cut |= cut;
    if (w->cut) job_fail(job, HTTP_BUSY, "a file of the archive was cut off; ask again when it is whole");
}

static void finish(Workers *w, Job *job) {
    pthread_mutex_lock(&w->lock);
    queue_add(&w->finished, job);
    pthread_mutex_unlock(&w->lock);
    w->options.done(w->options.ctx);
}

static void *work(void *arg) {
    Worker *w = arg;
    Workers *all = w->all;
    pool_flush_denormals();
    cut_survive();
    for (bool stop = false; !stop;) {
        pthread_mutex_lock(&all->lock);
        while (!all->stop && !all->waiting.first && w->generation == all->generation)
            pthread_cond_wait(&all->news, &all->lock);
        bool stale = w->generation != all->generation;
        w->generation = all->generation;
        Job *job = queue_next(&all->waiting);
        stop = all->stop && !job;
        pthread_mutex_unlock(&all->lock);
        if (stale) reload(w, true);
        if (!job) continue;
        answer(w, job);
        finish(all, job);
    }
    return NULL;
}

/* ---- All threads ---- */

static Status start(Workers *w, Error *err) {
    for (; w->started < w->options.threads; w->started++) {
        Worker *one = &w->worker[w->started];
        one->all = w;
        TRY(desk_open(&one->desk, w->options.model, w->options.index, err));
        if (pthread_create(&one->thread, NULL, work, one) == 0) continue;
        desk_close(&one->desk);
        return error_set(err, STATUS_IO, "cannot start a thread; try a smaller --threads");
    }
    return STATUS_OK;
}

Status workers_start(Workers **out, const WorkOptions *o, Error *err) {
    Workers *w = mem_calloc(1, sizeof *w);
    *out = NULL;
    if (!w) return mem_error(err, "the server");
    w->options = *o;
    w->waiting.last = &w->waiting.first;
    w->finished.last = &w->finished.first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->news, NULL);
    w->worker = mem_calloc((size_t)o->threads, sizeof *w->worker);
    Status s = w->worker ? start(w, err) : mem_error(err, "the server");
    if (s == STATUS_OK)
        *out = w;
    else
        workers_stop(w);
    return s;
}

void workers_stop(Workers *w) {
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->news);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->started; i++) {
        pthread_join(w->worker[i].thread, NULL);
        desk_close(&w->worker[i].desk);
    }
    for (Job *job; (job = queue_next(&w->finished));) job_free(job);
    pthread_cond_destroy(&w->news);
    pthread_mutex_destroy(&w->lock);
    mem_free(w->worker);
    mem_free(w);
}
