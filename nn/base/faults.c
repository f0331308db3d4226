#include "nn/base/faults.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

/* ---- Memory ---- */

static atomic_long mem_countdown;
static atomic_int mem_for_good;

void mem_fail_at(long n, int for_good) {
    atomic_store(&mem_for_good, for_good);
    atomic_store(&mem_countdown, n);
}

long mem_fail_left(void) {
    return atomic_load(&mem_countdown);
}

bool mem_fault(void) {
    if (atomic_load_explicit(&mem_countdown, memory_order_relaxed) == 0) return false;
    long left = atomic_fetch_sub(&mem_countdown, 1);
    if (left > 1) return false;
    atomic_store(&mem_countdown, atomic_load(&mem_for_good) ? 1 : 0);
    errno = ENOMEM;
    return true;
}

/* ---- Files ---- */

static atomic_long sys_countdown;
static atomic_int sys_code, sys_for_good;

void sys_fail_at(long n, int code, int for_good) {
    atomic_store(&sys_code, code);
    atomic_store(&sys_for_good, for_good);
    atomic_store(&sys_countdown, n);
}

long sys_fail_left(void) {
    return atomic_load(&sys_countdown);
}

int sys_fault(void) {
    if (atomic_load_explicit(&sys_countdown, memory_order_relaxed) == 0) return 0;
    if (atomic_fetch_sub(&sys_countdown, 1) > 1) return 0;
    int code = atomic_load(&sys_code);
    atomic_store(&sys_countdown, !atomic_load(&sys_for_good) ? 0 : code == EINTR ? 2 : 1);
    if (code == SYS_KILL) raise(SIGKILL);
    errno = code;
    return errno ? -1 : 1;
}
