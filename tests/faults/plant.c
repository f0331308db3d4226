/* Linked with everything of the command, this makes `faulty`: msach in which the n-th request for memory, or the n-th system
 * call, fails. The real verbs run through their real main; only the environment is new:
 *   MSACH_FAULT="memory N once" | "memory N always" | "system N CODE once" | "system N CODE always"
 *       "space N": no more than N KiB of address space, as by ulimit -v, and a minute of time
 *       CODE as a number of errno; 0: a short count; -1: SIGKILL instead of the call
 *   MSACH_FAULT_COUNT=FILE   nothing fails; FILE gets the numbers of requests and of calls when the process ends
 * jansson, which asks malloc in the product, asks the seam here. expat, zlib and stb_image always do. */
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/sys.h"

static void tell_counts(void) {
    char text[64];
    int n = snprintf(text, sizeof text, "%ld %ld\n", LONG_MAX - mem_fail_left(), LONG_MAX - sys_fail_left());
    mem_fail_at(0, 0);
    sys_fail_at(0, 0, 0);
    int fd = open(getenv("MSACH_FAULT_COUNT"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, text, (size_t)n) != n) abort();
    close(fd);
}

static void limit_space(long kib) {
    struct rlimit space = {.rlim_cur = (rlim_t)kib << 10, .rlim_max = (rlim_t)kib << 10};
    if (setrlimit(RLIMIT_AS, &space) != 0) abort();
    alarm(60);
}

__attribute__((constructor)) static void plant(void) {
    const char *fault = getenv("MSACH_FAULT");
    char how[8] = "";
    long n;
    int code;
    json_set_alloc_funcs(mem_alloc, mem_free);
    if (getenv("MSACH_FAULT_COUNT")) {
        mem_fail_at(LONG_MAX, 0);
        sys_fail_at(LONG_MAX, 0, 0);
        atexit(tell_counts);
    } else if (fault && sscanf(fault, "memory %ld %7s", &n, how) == 2) {
        mem_fail_at(n, strcmp(how, "always") == 0);
    } else if (fault && sscanf(fault, "system %ld %d %7s", &n, &code, how) == 3) {
        sys_fail_at(n, code, strcmp(how, "always") == 0);
    } else if (fault && sscanf(fault, "space %ld", &n) == 1) {
        limit_space(n);
    }
}
