/* The tutorial's programs run and print what they claim. They lie beside the binary under test: $(BUILD)/tutorial. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"

/* Output of one program in text (capacity); its exit code must be 0. */
static void run_program(const char *name, const char *argument, char *text, size_t capacity) {
    const char *bin = getenv("MSACH_BIN");
    if (!bin) bin = "build/release/msach";
    const char *slash = strrchr(bin, '/');
    int folder = slash ? (int)(slash - bin) : 0;
    char path[600], command[1300];
    snprintf(path, sizeof path, "%.*s/tutorial/%s", folder, bin, name);
    if (access(path, X_OK) != 0) cr_skip("no program at %s: `make` builds it beside the tests", path);
    snprintf(command, sizeof command, "'%s' '%s'", path, argument);
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    text[fread(text, 1, capacity - 1, f)] = 0;
    cr_assert_eq(pclose(f), 0, "%s: %s", name, text);
}

Test(tutorial, first_program_finds_the_same_gradient_twice) {
    char out[2000];
    run_program("1_gradient", "", out, sizeof out);
    double backward, quotient;
    for (int i = 0; i < 2; i++) {
        char *line = strstr(out, i ? "dy/dw1:" : "dy/dw0:");
        cr_assert_not_null(line);
        cr_assert_eq(sscanf(line + 7, " backward %lf, difference quotient %lf", &backward, &quotient), 2);
        cr_assert_float_eq(backward, i ? 16 : 9, 1e-3);
        cr_assert_float_eq(quotient, backward, 1e-2);
    }
}

Test(tutorial, logistic_regression_finds_the_line_between_the_clouds) {
    char out[2000];
    run_program("2_logistic_regression", "", out, sizeof out);
    char *last = strstr(out, "step 200:"), *normal = strstr(out, "normal: (1, ");
    cr_assert(last && normal, "%s", out);
    double loss, accuracy, up;
    cr_assert_eq(sscanf(last, "step 200: loss %lf, accuracy %lf", &loss, &accuracy), 2);
    cr_assert_eq(sscanf(normal, "normal: (1, %lf)", &up), 1);
    cr_assert(accuracy > 0.88 && loss < 0.25, "%s", out);
    cr_assert(up > 0.6 && up < 1.6, "%s", out);
}

Test(tutorial, cnn_tells_cysts_from_stones_that_it_has_not_seen) {
    char out[2000];
    run_program("3_cnn_on_phantoms", fixture_path("tutorial_phantoms"), out, sizeof out);
    char *line = strstr(out, "accuracy: ");
    cr_assert_not_null(line);
    double seen, others;
    cr_assert_eq(sscanf(line, "accuracy: %lf on pictures seen, %lf on others", &seen, &others), 2);
    cr_assert_gt(seen, 0.9);
    cr_assert_gt(others, 0.7);
}

/* Row `name` of the table: along the arc, imbalance, accuracy. */
static void row(const char *out, const char *name, double *v) {
    const char *at = strstr(out, name);
    cr_assert_not_null(at);
    cr_assert_eq(sscanf(at + strlen(name), "%lf %lf %lf", v, v + 1, v + 2), 3);
}

Test(tutorial, each_constraint_switched_off_breaks_what_it_is_for) {
    char out[2000];
    run_program("4_constraints", fixture_path("tutorial.html"), out, sizeof out);
    double all[3], manifold[3], balance[3], classification[3];
    row(out, "all three", all);
    row(out, "no manifold", manifold);
    row(out, "no balance", balance);
    row(out, "no classification", classification);
    cr_assert_lt(manifold[0], all[0] - 0.1);
    cr_assert_gt(balance[1], all[1] + 0.1);
    cr_assert_lt(classification[2], all[2] - 0.05);
    unsigned char *page;
    size_t size;
    Error err = {0};
    cr_assert_eq(file_read(fixture_path("tutorial.html"), 1 << 24, &page, &size, &err), STATUS_OK, "%s",
                 err.message);
    int pictures = 0;
    for (size_t i = 0; i + 4 < size; i++) pictures += memcmp(page + i, "<svg", 4) == 0;
    cr_assert_eq(pictures, 8, "codes and distances of four variants");
    mem_free(page);
}

Test(tutorial, buckets_find_the_same_rows_as_the_scan) {
    char out[2000];
    run_program("5_search", "", out, sizeof out);
    cr_assert_not_null(strstr(out, "for every query: yes"), "%s", out);
}
