#include "nn/base/pool_workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "nn/base/alloc.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#ifndef POOL_SPINS /* lower under TSan, where spinning is slow */
#define POOL_SPINS 4000
#endif
enum { MAX_THREADS = 256, SPINS = POOL_SPINS };

/* Work of n items. Workers join while the job is open. Nobody waits for a worker that joins late or never, so that a worker
 * suspended by the system delays nothing. */
typedef struct {
    atomic_uint_fast64_t state; /* joined workers, the bit OPEN, and above it the number of the job */
    atomic_int next, n;         /* the next item; number of items */
    PoolFn *fn;
    void *ctx;
} Job;
static const uint_fast64_t OPEN = 1 << 16, NEXT_JOB = 1 << 17;

struct Pool {
    int threads;
    pthread_t *workers; /* threads - 1 of them; the caller is worker 0 */
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    Job now, later;
    int sleeping;
    atomic_int stop;
};

typedef struct {
    Pool *pool;
    int worker;
} Start;

static void pause_briefly(void) {
#if defined(__SSE__)
    _mm_pause();
#endif
}

/* ---- A job ---- */

static bool take_item(Job *j, int worker) {
    int item = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed);
    if (item >= atomic_load_explicit(&j->n, memory_order_relaxed)) return false;
    j->fn(j->ctx, item, worker);
    return true;
}

static uint_fast64_t number_of(Job *j) {
    return atomic_load_explicit(&j->state, memory_order_acquire) / NEXT_JOB;
}

static bool join(Job *j) {
    uint_fast64_t s = atomic_load_explicit(&j->state, memory_order_acquire);
    while (s & OPEN)
        if (atomic_compare_exchange_weak_explicit(&j->state, &s, s + 1, memory_order_acq_rel,
                                                  memory_order_acquire))
            return true;
    return false;
}

static void leave(Pool *p, Job *j) {
    uint_fast64_t before = atomic_fetch_sub_explicit(&j->state, 1, memory_order_acq_rel);
    if (before % NEXT_JOB != 1) return; /* other workers are joined, or the job is open */
    pthread_mutex_lock(&p->mutex);
    pthread_cond_signal(&p->done);
    pthread_mutex_unlock(&p->mutex);
}

/* Holds the mutex, so that a worker about to sleep does not miss the job. No worker is joined, so the fields may be written. */
static void open_job(Pool *p, Job *j, int n, PoolFn *fn, void *ctx) {
    j->fn = fn, j->ctx = ctx;
    atomic_store_explicit(&j->n, n, memory_order_relaxed);
    atomic_store_explicit(&j->next, 0, memory_order_relaxed);
    pthread_mutex_lock(&p->mutex);
    atomic_store_explicit(&j->state, (number_of(j) + 1) * NEXT_JOB + OPEN, memory_order_release);
    if (p->sleeping > 0) pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->mutex);
}

static void finish_job(Pool *p, Job *j) {
    while (take_item(j, 0)) {
    }
    atomic_fetch_and_explicit(&j->state, ~OPEN, memory_order_acq_rel);
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&j->state, memory_order_acquire) % OPEN == 0) return;
        pause_briefly();
    }
    pthread_mutex_lock(&p->mutex);
    while (atomic_load_explicit(&j->state, memory_order_acquire) % OPEN > 0)
        pthread_cond_wait(&p->done, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
}

/* ---- A worker ---- */

static bool has_items(Job *j) {
    return (atomic_load_explicit(&j->state, memory_order_acquire) & OPEN) &&
           atomic_load_explicit(&j->next, memory_order_relaxed) <
               atomic_load_explicit(&j->n, memory_order_relaxed);
}

static bool idle(Pool *p, uint_fast64_t seen) {
    return number_of(&p->now) == seen && !has_items(&p->later) && !atomic_load(&p->stop);
}

/* Spins briefly (a step is a chain of short jobs), then sleeps. */
static void wait_for_work(Pool *p, uint_fast64_t seen) {
    for (int i = 0; i < SPINS; i++) {
        if (!idle(p, seen)) return;
        pause_briefly();
    }
    pthread_mutex_lock(&p->mutex);
    p->sleeping++;
    while (idle(p, seen)) pthread_cond_wait(&p->wake, &p->mutex);
    p->sleeping--;
    pthread_mutex_unlock(&p->mutex);
}

/* The job of pool_for has priority: a worker takes only one item at a time of pool_later's job. */
static void *work(void *arg) {
    Start start = *(Start *)arg;
    mem_free(arg);
    Pool *p = start.pool;
    pool_flush_denormals();
    for (uint_fast64_t seen = 0;;) {
        wait_for_work(p, seen);
        if (atomic_load(&p->stop)) return NULL;
        uint_fast64_t number = number_of(&p->now);
        if (number != seen) {
            seen = number;
            if (!join(&p->now)) continue;
            seen = number_of(&p->now);
            while (take_item(&p->now, start.worker)) {
            }
            leave(p, &p->now);
        } else if (join(&p->later)) {
            take_item(&p->later, start.worker);
            leave(p, &p->later);
        }
    }
}

static bool start_worker(Pool *p, int i) {
    Start *start = mem_alloc(sizeof *start);
    if (!start) return false;
    *start = (Start){p, i};
    if (pthread_create(&p->workers[i - 1], NULL, work, start) == 0) return true;
    mem_free(start);
    return false;
}

/* Workers block every signal, so that handlers run in the caller's threads and may share plain memory with them. */
static bool start_workers(Pool *p, int threads) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (p->threads < threads && start_worker(p, p->threads)) p->threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return p->threads == threads;
}

void pool_workers_stop(Pool *p) {
    pthread_mutex_lock(&p->mutex);
    atomic_store(&p->stop, 1);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->mutex);
    for (int i = 0; i < p->threads - 1; i++) pthread_join(p->workers[i], NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->mutex);
    mem_free(p->workers);
    mem_free(p);
}

Status pool_workers_start(Pool **out, int threads, Error *err) {
    if (threads == 0) threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (threads < 1) threads = 1;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    Pool *p = mem_calloc(1, sizeof *p);
    if (!p) return mem_error(err, "the thread pool");
    p->workers = mem_calloc((size_t)threads, sizeof *p->workers);
    if (!p->workers) {
        mem_free(p);
        return mem_error(err, "the thread pool");
    }
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->done, NULL);
    p->threads = 1;
    if (!start_workers(p, threads)) {
        int number = p->threads + 1;
        pool_workers_stop(p);
        return error_set(err, STATUS_IO, "cannot start thread %d of %d; use a smaller --threads", number,
                         threads);
    }
    *out = p;
    return STATUS_OK;
}

int pool_workers_count(const Pool *p) {
    return p->threads;
}

void pool_workers_run(Pool *p, int n, PoolFn *fn, void *ctx) {
    open_job(p, &p->now, n, fn, ctx);
    finish_job(p, &p->now);
}

void pool_workers_later(Pool *p, int n, PoolFn *fn, void *ctx) {
    NN_REQUIRE(!(atomic_load(&p->later.state) & OPEN), "a second job for later");
    open_job(p, &p->later, n, fn, ctx);
}

void pool_workers_finish(Pool *p) {
    if (atomic_load(&p->later.state) & OPEN) finish_job(p, &p->later);
}
