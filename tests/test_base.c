/* nn/base: errors, memory, random numbers, threads, checksums. Files: test_files.c. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/arena.h"
#include "nn/base/bytes.h"
#include "nn/base/log.h"
#include "nn/base/pool.h"
#include "nn/base/rng.h"
#include "tests/check.h"

/* ---- Errors ---- */

Test(error, message_and_status_are_kept_and_a_prefix_goes_before) {
    Error err = {STATUS_OK, ""};
    cr_assert_eq(error_set(&err, STATUS_INPUT, "line %d: bad", 7), STATUS_INPUT);
    cr_assert_eq(error_prefix(&err, "%s", "file.tsv"), STATUS_INPUT);
    cr_assert_str_eq(err.message, "file.tsv: line 7: bad");
    cr_assert_eq(error_set(NULL, STATUS_IO, "nobody listens"), STATUS_IO);
}

Test(error, a_long_message_is_cut_and_ended) {
    Error err;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    error_set(&err, STATUS_INPUT, "%s", text);
    error_prefix(&err, "before");
    cr_assert_lt(strlen(err.message), sizeof err.message);
    cr_assert_eq(memcmp(err.message, "before: xxx", 11), 0);
}

Test(error, a_wrong_path_is_bad_input_and_a_full_disk_is_not) {
    Error err;
    errno = ENOENT;
    cr_assert_eq(error_from_errno(&err, "a/b", "open"), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "a/b: cannot open: "));
    errno = ENOSPC;
    cr_assert_eq(error_from_errno(&err, "a/b", "write"), STATUS_IO);
}

Test(error, require_aborts, .signal = SIGABRT) {
    int one = 1;
    NN_REQUIRE(one == 2, "one is %d", one);
}

/* ---- Memory ---- */

Test(alloc, the_nth_request_fails_once_or_for_good) {
    mem_fail_at(2, 0);
    void *a = mem_alloc(1), *b = mem_calloc(1, 1), *c = mem_aligned(1);
    cr_assert_not_null(a);
    cr_assert_null(b);
    cr_assert_not_null(c);
    mem_fail_at(1, 1);
    cr_assert_null(mem_strdup("x"));
    cr_assert_null(mem_realloc(NULL, 1, 1));
    mem_fail_at(0, 0);
    mem_free(a);
    mem_free(c);
}

Test(alloc, sizes_that_overflow_are_refused) {
    cr_assert_null(mem_realloc(NULL, SIZE_MAX / 2, 3));
    cr_assert_null(mem_calloc(SIZE_MAX / 2, 3));
    int *items = NULL;
    size_t capacity = 0;
    cr_assert_eq(mem_grow(&items, &capacity, SIZE_MAX / 2 + 2, sizeof *items), 0);
    cr_assert_null(items);
    cr_assert_eq(capacity, (size_t)0);
}

Test(alloc, large_pieces_begin_at_a_large_page_and_grow_and_fail_as_small_ones_do) {
    enum { LARGE = 5 << 20 };
    unsigned char *p = mem_alloc(LARGE), *q = mem_aligned(LARGE);
    cr_assert(p && q && (uintptr_t)p % (2 << 20) == 0 && (uintptr_t)q % (2 << 20) == 0);
    p[0] = 1, p[LARGE - 1] = 2, q[LARGE - 1] = 3;
    p = mem_realloc(p, 2, LARGE);
    cr_assert(p && p[0] == 1 && p[LARGE - 1] == 2 && q[LARGE - 1] == 3);
    p[2 * LARGE - 1] = 4;
    mem_free(p);
    mem_free(q);
    mem_fail_at(1, 0);
    cr_assert_null(mem_alloc(LARGE));
}

Test(alloc, growing_keeps_the_items_and_a_failure_leaves_them) {
    int *items = NULL;
    size_t capacity = 0;
    for (size_t n = 0; n < 1000; n++) {
        cr_assert(mem_grow(&items, &capacity, n + 1, sizeof *items));
        items[n] = (int)n;
    }
    mem_fail_at(1, 0);
    int *before = items;
    cr_assert_eq(mem_grow(&items, &capacity, capacity + 1, sizeof *items), 0);
    mem_fail_at(0, 0);
    cr_assert_eq(items, before);
    for (int n = 0; n < 1000; n++) cr_assert_eq(items[n], n);
    mem_free(items);
}

Test(arena, pieces_are_aligned_disjoint_and_reused_after_a_release) {
    Arena a;
    arena_init(&a);
    unsigned char *piece[200];
    ArenaMark mark = arena_mark(&a);
    for (size_t i = 0; i < 200; i++) {
        size_t size = i * i * 37 % 90001 + 1;
        piece[i] = arena_alloc(&a, size);
        cr_assert_eq((uintptr_t)piece[i] % 64, (uintptr_t)0);
        memset(piece[i], (int)i, size);
    }
    for (size_t i = 0; i < 200; i++) {
        size_t size = i * i * 37 % 90001 + 1;
        for (size_t k = 0; k < size; k++) cr_assert_eq(piece[i][k], (unsigned char)i);
    }
    size_t peak = a.peak;
    arena_release(&a, mark);
    cr_assert_eq(a.total, (size_t)0);
    cr_assert_eq(arena_alloc(&a, 1), piece[0]);
    for (size_t i = 1; i < 200; i++) arena_alloc(&a, i * i * 37 % 90001 + 1);
    cr_assert_eq(a.peak, peak);
    arena_free(&a);
}

/* Runs `how` in a guarded arena; true where it jumped to the guard. */
static int jumps(Arena *a, int how) {
    if (ARENA_GUARD(a)) return 1;
    if (how == 0) arena_alloc(a, 3u << 20);
    if (how == 1) arena_calloc(a, SIZE_MAX / 2, 4);
    if (how == 2) arena_alloc(a, SIZE_MAX);
    return 0;
}

Test(arena, memory_that_runs_out_jumps_to_the_guard) {
    Arena a;
    arena_init(&a);
    cr_assert_eq(jumps(&a, 0), 0);
    arena_free(&a);
    mem_fail_at(1, 0);
    cr_assert_eq(jumps(&a, 0), 1);
    cr_assert_eq(jumps(&a, 1), 1);
    cr_assert_eq(jumps(&a, 2), 1);
    cr_assert_eq(jumps(&a, 0), 0);
    arena_free(&a);
}

Test(arena, without_a_guard_memory_that_runs_out_aborts, .signal = SIGABRT) {
    Arena a;
    arena_init(&a);
    mem_fail_at(1, 0);
    arena_alloc(&a, 1);
}

/* ---- Random numbers ---- */

static void philox_equals(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1,
                          const uint32_t expected[4]) {
    Rng r = {{k0, k1}, {c2, c3}, (uint64_t)c1 << 32 | c0, {0, 0, 0, 0}, 0};
    for (int i = 0; i < 4; i++) cr_assert_eq(rng_u32(&r), expected[i]);
}

/* kat_vectors of Random123 1.14, philox4x32 with 10 rounds. */
Test(rng, philox_gives_the_known_answers) {
    const uint32_t f = 0xffffffffu;
    philox_equals(0, 0, 0, 0, 0, 0, (uint32_t[]){0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
    philox_equals(f, f, f, f, f, f, (uint32_t[]){0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
    philox_equals(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u,
                  (uint32_t[]){0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

Test(rng, streams_differ_by_seed_purpose_and_index_and_repeat) {
    Rng r[5] = {rng_stream(1, RNG_INIT, 0), rng_stream(2, RNG_INIT, 0), rng_stream(1, RNG_ORDER, 0),
                rng_stream(1, RNG_INIT, 1), rng_stream(1ull << 32 | 1, RNG_INIT, 0)};
    uint64_t first[5];
    for (int i = 0; i < 5; i++) first[i] = rng_u64(&r[i]);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) cr_assert(first[i] != first[k], "streams %d and %d begin alike", i, k);
    Rng again = rng_stream(1, RNG_INIT, 0);
    cr_assert_eq(rng_u64(&again), first[0]);
}

Test(rng, a_stream_continues_from_a_saved_counter) {
    Rng r = rng_stream(3, RNG_TEST, 9);
    for (int i = 0; i < 8; i++) rng_u32(&r);
    Rng later = rng_stream(3, RNG_TEST, 9);
    later.counter = r.counter;
    for (int i = 0; i < 8; i++) cr_assert_eq(rng_u32(&later), rng_u32(&r));
}

Test(rng, below_reaches_every_number_evenly) {
    Rng r = rng_stream(4, RNG_TEST, 0);
    int count[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint32_t v = rng_below(&r, 7);
        cr_assert_lt(v, 7u);
        count[v]++;
    }
    for (int k = 0; k < 7; k++) cr_assert_lt(abs(count[k] - 10000), 400); /* four deviations */
    for (int i = 0; i < 100; i++) cr_assert_eq(rng_below(&r, 1), 0u);
}

Test(rng, uniform_and_normal_have_their_moments) {
    Rng r = rng_stream(5, RNG_TEST, 0);
    double mean = 0, square = 0, normal = 0, normal_square = 0, fourth = 0;
    const int n = 100000;
    for (int i = 0; i < n; i++) {
        double u = rng_range(&r, 0, 1), v = rng_normal(&r);
        cr_assert(u >= 0 && u < 1 && isfinite(v));
        mean += u / n, square += u * u / n;
        normal += v / n, normal_square += v * v / n, fourth += v * v * v * v / n;
    }
    cr_assert_float_eq(mean, 0.5, 0.005);
    cr_assert_float_eq(square, 1.0 / 3, 0.005);
    cr_assert_float_eq(normal, 0, 0.015);
    cr_assert_float_eq(normal_square, 1, 0.02);
    cr_assert_float_eq(fourth, 3, 0.15);
}

Test(rng, shuffle_is_a_permutation_and_moves_things) {
    int items[50], seen[50] = {0}, moved = 0;
    for (int i = 0; i < 50; i++) items[i] = i;
    Rng r = rng_stream(6, RNG_TEST, 0);
    rng_shuffle(&r, items, 50);
    for (int i = 0; i < 50; i++) seen[items[i]]++, moved += items[i] != i;
    for (int i = 0; i < 50; i++) cr_assert_eq(seen[i], 1);
    cr_assert_gt(moved, 40);
}

/* ---- Threads ---- */

enum { ITEMS = 1000 };
typedef struct {
    int threads, done[ITEMS], wrong_worker;
} Jobs;

static void do_item(void *ctx, int item, int worker) {
    Jobs *j = ctx;
    j->done[item]++;
    if (worker < 0 || worker >= j->threads) j->wrong_worker = 1;
}

Test(pool, every_item_is_done_once_at_any_number_of_threads) {
    static Jobs j;
    for (int threads = 1; threads <= 5; threads++) {
        Pool *pool;
        cr_assert_eq(pool_create(&pool, threads, NULL), STATUS_OK);
        j = (Jobs){.threads = pool_threads(pool)};
        cr_assert_eq(j.threads, threads);
        for (int job = 1; job <= 100; job++) pool_for(pool, job * 10, do_item, &j);
        for (int i = 0; i < ITEMS; i++) cr_assert_eq(j.done[i], 100 - i / 10);
        cr_assert_eq(j.wrong_worker, 0);
        pool_for(pool, 0, do_item, NULL);
        pool_free(pool);
    }
}

static pthread_t signalled;
static volatile sig_atomic_t signals;
static void note_thread(int number) {
    (void)number;
    signalled = pthread_self();
    signals++;
}

/* Runs in a child, whose only threads are this one and the pool's workers (Criterion's process has another). 0: passed. */
static int signal_a_process_with_a_pool(void) {
    static Jobs jobs;
    Pool *pool;
    sigset_t one;
    struct sigaction action = {.sa_handler = note_thread};
    if (pool_create(&pool, 4, NULL) != STATUS_OK || sigaction(SIGUSR1, &action, NULL) != 0) return 1;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    if (kill(getpid(), SIGUSR1) != 0) return 2;
    jobs = (Jobs){.threads = 4};
    for (int i = 0; i < 50; i++) {
        pool_for(pool, ITEMS, do_item, &jobs);
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    if (signals != 0) return 3; /* a worker ran the handler */
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    if (signals != 1 || !pthread_equal(signalled, pthread_self())) return 4;
    pool_free(pool);
    return 0;
}

/* Otherwise a second Ctrl-C during the caller's handler of the first would run in a worker. */
Test(pool, signals_are_left_to_the_thread_of_the_caller) {
    int end;
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) _exit(signal_a_process_with_a_pool());
    cr_assert_eq(waitpid(child, &end, 0), child);
    cr_assert(WIFEXITED(end), "the child was ended by a signal");
    cr_assert_eq(WEXITSTATUS(end), 0);
}

Test(pool, what_is_wanted_later_is_done_once_beside_what_is_wanted_now) {
    static Jobs now, later;
    for (int threads = 1; threads <= 5; threads++) {
        Pool *pool;
        cr_assert_eq(pool_create(&pool, threads, NULL), STATUS_OK);
        now = later = (Jobs){.threads = threads};
        for (int job = 0; job < 50; job++) {
            pool_later(pool, ITEMS, do_item, &later);
            for (int k = 0; k < 4; k++) pool_for(pool, 20, do_item, &now);
            pool_finish(pool);
            for (int i = 0; i < ITEMS; i++) cr_assert_eq(later.done[i], job + 1);
        }
        for (int i = 0; i < 20; i++) cr_assert_eq(now.done[i], 200);
        cr_assert_eq(now.wrong_worker + later.wrong_worker, 0);
        pool_finish(pool);
        pool_free(pool);
    }
}

Test(pool, no_pool_runs_in_the_caller) {
    static Jobs j = {.threads = 1};
    pool_for(NULL, ITEMS / 2, do_item, &j);
    for (int i = ITEMS / 2; i < ITEMS; i++) j.done[i]++;
    pool_later(NULL, ITEMS / 2, do_item, &j);
    pool_finish(NULL);
    for (int i = 0; i < ITEMS; i++) cr_assert_eq(j.done[i], i < ITEMS / 2 ? 2 : 1);
    cr_assert_eq(pool_threads(NULL), 1);
    pool_free(NULL);
}

Test(pool, memory_that_runs_out_is_an_error) {
    for (long n = 1; n <= 4; n++) {
        Pool *pool = NULL;
        Error err;
        mem_fail_at(n, 0);
        cr_assert_eq(pool_create(&pool, 3, &err), STATUS_IO);
        mem_fail_at(0, 0);
        cr_assert_null(pool);
    }
}

/* ---- Bytes ---- */

Test(bytes, numbers_are_little_endian) {
    unsigned char b[8];
    put_u64(b, 0x0102030405060708ull);
    cr_assert_eq(memcmp(b, (unsigned char[]){8, 7, 6, 5, 4, 3, 2, 1}, 8), 0);
    cr_assert_eq(get_u64(b), 0x0102030405060708ull);
    put_u32(b, 0xfffefdfcu);
    cr_assert_eq(get_u32(b), 0xfffefdfcu);
}

Test(bytes, arrays_of_numbers_are_converted_there_and_back_in_place) {
    unsigned char b[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, kept[16];
    uint32_t four[4];
    uint64_t eight[2];
    uint16_t two[8];
    memcpy(kept, b, 16);
    numbers_convert(two, b, 16, 2);
    cr_assert(two[0] == 0x0201u && two[7] == 0x100fu);
    numbers_convert(four, b, 16, 4);
    numbers_convert(eight, b, 16, 8);
    cr_assert(four[0] == 0x04030201u && four[3] == 0x100f0e0du && eight[1] == 0x100f0e0d0c0b0a09ull);
    numbers_convert(eight, eight, 16, 8);
    cr_assert_eq(memcmp(eight, kept, 16), 0);
    numbers_convert(four, b, 16, 1);
    cr_assert_eq(memcmp(four, kept, 16), 0);
}

Test(bytes, crc32_gives_the_known_answers_whole_and_in_pieces) {
    cr_assert_eq(crc32_update(0, "", 0), 0u);
    cr_assert_eq(crc32_update(0, "a", 1), 0xe8b7be43u);
    cr_assert_eq(crc32_update(0, "123456789", 9), 0xcbf43926u);
    cr_assert_eq(crc32_update(crc32_update(0, "1234", 4), "56789", 5), 0xcbf43926u);
    static unsigned char zeros[1 << 20];
    cr_assert_eq(crc32_update(0, zeros, sizeof zeros), 0xa738ea1cu); /* by the table */
    uint32_t crc = 0;
    for (size_t at = 0; at < sizeof zeros; at += 512)
        crc = crc32_update(crc, zeros + at, 512); /* bit by bit */
    cr_assert_eq(crc, 0xa738ea1cu);
}

Test(bytes, a_buffer_grows_prints_and_remembers_a_failure) {
    Buffer b = {0};
    for (int i = 0; i < 1000; i++) buffer_printf(&b, "%d,", i % 10);
    cr_assert_eq(b.size, (size_t)2000);
    buffer_add(&b, "end", 4);
    cr_assert_eq(memcmp(b.data + 1996, "8,9,end", 8), 0);
    mem_fail_at(1, 0);
    while (!b.failed) buffer_add(&b, "0123456789", 10);
    buffer_add(&b, "x", 1);
    mem_fail_at(0, 0);
    cr_assert(b.failed);
    buffer_free(&b);
    cr_assert_null(b.data);
}

/* ---- Log ---- */

static void keep_text(void *ctx, const char *text) {
    strcpy(ctx, text);
}

Test(log, lines_are_formatted_and_no_log_is_silence) {
    char text[256] = "";
    Log log = {.ctx = text, .line = keep_text};
    log_line(&log, "epoch %d", 3);
    cr_assert_str_eq(text, "epoch 3");
    log_warn(&log, "nobody takes warnings");
    log_progress(&log, "steps", 1, 2);
    log_line(NULL, "silence");
    cr_assert_str_eq(text, "epoch 3");
}

/* ---- Hashes ---- */

/* Values of draft-eastlake-fnv. */
Test(bytes, fnv1a_gives_the_published_values_whole_or_in_pieces) {
    cr_assert_eq(fnv1a(FNV1A_START, "", 0), UINT64_C(0xCBF29CE484222325));
    cr_assert_eq(fnv1a(FNV1A_START, "a", 1), UINT64_C(0xAF63DC4C8601EC8C));
    cr_assert_eq(fnv1a(FNV1A_START, "foobar", 6), UINT64_C(0x85944171F73967E8));
    cr_assert_eq(fnv1a(fnv1a(FNV1A_START, "foo", 3), "bar", 3), UINT64_C(0x85944171F73967E8));
    cr_assert_eq(fnv1a_32("", 0), 0x811C9DC5u);
    cr_assert_eq(fnv1a_32("a", 1), 0xE40C292Cu);
    cr_assert_eq(fnv1a_32("foobar", 6), 0xBF9CF968u);
}
