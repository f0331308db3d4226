#define _POSIX_C_SOURCE 200809L
#include "nn/base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "nn/base/alloc.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

enum { MAX_THREADS = 256, SPINS = 4000 };

struct Pool {
    int threads;
    pthread_t *workers; /* threads - 1 of them; the caller is worker 0 */
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    atomic_uint generation; /* one more for every job */
    atomic_int next;        /* the next item to take */
    atomic_int running;     /* workers that have not finished the job */
    int stop, sleeping;
    int n;
    PoolFn *fn;
    void *ctx;
};

typedef struct {
    Pool *pool;
    int worker;
} Start;

void pool_flush_denormals(void) {
#if defined(__SSE__)
    _mm_setcsr(_mm_getcsr() | 0x8040u); /* FTZ | DAZ */
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" ::"r"(fpcr | (1u << 24)));
#endif
}

static void take_items(Pool *p, int worker) {
    for (;;) {
        int item = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (item >= p->n) return;
        p->fn(p->ctx, item, worker);
    }
}

/* Waits for a job newer than `seen`: spins briefly (a step is a chain of short jobs), then sleeps. */
static unsigned wait_for_job(Pool *p, unsigned seen) {
    for (int i = 0; i < SPINS; i++) {
        unsigned now = atomic_load_explicit(&p->generation, memory_order_acquire);
        if (now != seen) return now;
#if defined(__SSE__)
        _mm_pause();
#endif
    }
    pthread_mutex_lock(&p->mutex);
    p->sleeping++;
    while (atomic_load(&p->generation) == seen) pthread_cond_wait(&p->wake, &p->mutex);
    p->sleeping--;
    unsigned now = atomic_load(&p->generation);
    pthread_mutex_unlock(&p->mutex);
    return now;
}

static void *work(void *arg) {
    Start start = *(Start *)arg;
    mem_free(arg);
    Pool *p = start.pool;
    pool_flush_denormals();
    unsigned seen = 0;
    for (;;) {
        seen = wait_for_job(p, seen);
        if (p->stop) return NULL;
        take_items(p, start.worker);
        if (atomic_fetch_sub_explicit(&p->running, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&p->mutex);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->mutex);
        }
    }
}

/* Publishes a job under the mutex, so that a worker about to sleep cannot miss it. */
static void publish(Pool *p) {
    pthread_mutex_lock(&p->mutex);
    atomic_fetch_add_explicit(&p->generation, 1, memory_order_release);
    if (p->sleeping > 0) pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->mutex);
}

Status pool_create(Pool **out, int threads, Error *err) {
    *out = NULL;
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
    pool_flush_denormals();
    for (int i = 1; i < threads; i++) {
        Start *start = mem_alloc(sizeof *start);
        int failed = start == NULL;
        if (start) {
            *start = (Start){p, i};
            failed = pthread_create(&p->workers[i - 1], NULL, work, start) != 0;
            if (failed) mem_free(start);
        }
        if (failed) {
            pool_free(p);
            return error_set(err, STATUS_IO, "cannot start thread %d of %d; use a smaller --threads", i + 1,
                             threads);
        }
        p->threads++;
    }
    *out = p;
    return STATUS_OK;
}

void pool_free(Pool *p) {
    if (!p) return;
    p->stop = 1;
    publish(p);
    for (int i = 0; i < p->threads - 1; i++) pthread_join(p->workers[i], NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->mutex);
    mem_free(p->workers);
    mem_free(p);
}

int pool_threads(const Pool *p) {
    return p ? p->threads : 1;
}

void pool_for(Pool *p, int n, PoolFn *fn, void *ctx) {
    if (!p || p->threads == 1 || n <= 1) {
        for (int i = 0; i < n; i++) fn(ctx, i, 0);
        return;
    }
    p->n = n, p->fn = fn, p->ctx = ctx;
    atomic_store(&p->next, 0);
    atomic_store(&p->running, p->threads - 1);
    publish(p);
    take_items(p, 0);
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&p->running, memory_order_acquire) == 0) return;
#if defined(__SSE__)
        _mm_pause();
#endif
    }
    pthread_mutex_lock(&p->mutex);
    while (atomic_load(&p->running) > 0) pthread_cond_wait(&p->done, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
}
