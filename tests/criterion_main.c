/* The main of a test program with Criterion. It leaves by _exit, so that the runner's own memory is not searched for leaks: its
 * library leaves 48 bytes behind now and then. Each test runs in a process of its own, which ends as usual and is searched. */
#include "tests/check.h"

#ifndef MINICRIT
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct criterion_test_set *tests = criterion_initialize();
    int failed = criterion_handle_args(argc, argv, true) && !criterion_run_all_tests(tests);
    criterion_finalize(tests);
    fflush(NULL);
    _exit(failed);
}
#endif
