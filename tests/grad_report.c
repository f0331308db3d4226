/* The output of `make gradients` and `make drill`, from the tables of the checks. Their environment variables enable these tests. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/fast.h"
#include "tests/check.h"
#include "tests/oracle/cases.h"

#ifdef NN_DOUBLE

typedef struct {
    const OpTest *ops;
    const size_t *n;
} Table;

static const Table TABLES[] = {{LAYER_OPS, &N_LAYER_OPS}, {MOVE_OPS, &N_MOVE_OPS}, {LOSS_OPS, &N_LOSS_OPS}};
enum { N_TABLES = sizeof TABLES / sizeof *TABLES };

/* The file that an environment variable names, or NULL after skipping the test. */
static FILE *asked_file(const char *variable) {
    const char *path = getenv(variable);
    if (!path) cr_skip("%s is not set", variable);
    FILE *f = path ? fopen(path, "w") : NULL;
    cr_assert_not_null(f, "%s: %s", path, strerror(errno));
    return f;
}

Test(report, gradients_are_written_to_the_file_that_MSACH_GRADIENTS_names) {
    FILE *f = asked_file("MSACH_GRADIENTS");
    bool good = true;
    for (int i = 0; i < N_TABLES; i++) good = gradcheck_report(f, TABLES[i].ops, *TABLES[i].n) && good;
    fclose(f);
    cr_assert(good, "a bound is broken");
}

/* An op without an entry would not be checked, so the sources must have as many backward functions as the tables. */
Test(report, every_backward_of_the_sources_has_an_entry) {
    BackwardFn *list[200];
    int seen = 0, written = 0;
    for (int tuned = 0; tuned < 2; tuned++) {
        fast = tuned ? &fast_tuned : &fast_none;
        for (int i = 0; i < N_TABLES; i++)
            for (size_t k = 0; k < *TABLES[i].n; k++)
                if (!TABLES[i].ops[k].no_gradient)
                    seen = optest_backwards(&TABLES[i].ops[k], list, seen, 200);
    }
    FILE *f = popen("cat nn/*.c nn/fast/*.c hash/*.c | grep -cE '^(static )?void [a-z0-9_]*\\(Tape \\*t, "
                    "const Node \\*node\\) \\{'",
                    "r");
    cr_assert_not_null(f);
    cr_assert_eq(fscanf(f, "%d", &written), 1);
    cr_assert_eq(pclose(f), 0);
    cr_assert_gt(written, 30);
    cr_assert_eq(seen, written, "%d backward functions in nn/ and hash/, %d in tests/oracle/cases_*.c",
                 written, seen);
}

/* One line a node name, for the drill. */
Test(report, ops_with_a_backward_are_written_to_the_file_that_MSACH_OPS_names) {
    FILE *f = asked_file("MSACH_OPS");
    for (int i = 0; i < N_TABLES; i++)
        for (size_t k = 0; k < *TABLES[i].n; k++)
            if (!TABLES[i].ops[k].no_gradient) fprintf(f, "%s\n", TABLES[i].ops[k].op);
    cr_assert_eq(fclose(f), 0);
}

#endif
