/* The tutorial's programs run and print what they claim. They lie beside the binary under test: $(BUILD)/tutorial. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tiny_set.h"

/* The path of a program beside the binary under test; NULL where it is not built. */
static const char *find_program(const char *name) {
    static char path[600];
    const char *bin = getenv("MSACH_BIN");
    if (!bin) bin = "build/release/msach";
    const char *slash = strrchr(bin, '/');
    snprintf(path, sizeof path, "%.*s/%s", slash ? (int)(slash - bin) : 0, bin, name);
    return access(path, X_OK) == 0 ? path : NULL;
}

/* Output of a command in text (capacity); its exit code must be 0. */
static void run_words(const char *command, char *text, size_t capacity) {
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    text[fread(text, 1, capacity - 1, f)] = 0;
    cr_assert_eq(pclose(f), 0, "%s: %s", command, text);
}

/* Output of one program of the tutorial. */
static void run_program(const char *name, const char *argument, char *text, size_t capacity) {
    char file[200], command[1300];
    snprintf(file, sizeof file, "tutorial/%s", name);
    const char *path = find_program(file);
    if (!path) cr_skip("no program %s: `make` builds it beside the tests", file);
    snprintf(command, sizeof command, "'%s' '%s'", path, argument);
    run_words(command, text, capacity);
}

/* The recipe of nn/README.md: gdb must show the block, and the gradient behind the first product, that the program computes by hand. */
Test(tutorial, the_debugger_recipe_shows_the_block_and_the_gradient, .timeout = 120) {
    char command[1300], own[2000], shown[8000];
    const char *path = find_program("debugger/manifold");
    if (!path) cr_skip("no debugger/manifold: `make` builds it beside the tests");
    if (system("gdb --version >/dev/null 2>&1") != 0) cr_skip("gdb is not installed");
    snprintf(command, sizeof command, "'%s'", path);
    run_words(command, own, sizeof own);
    snprintf(command, sizeof command, "gdb -nx -batch -x nn/manifold.gdb --args '%s' 2>&1", path);
    run_words(command, shown, sizeof shown);
    if (strstr(shown, "ptrace: Operation not permitted")) cr_skip("this machine lets no debugger in");
    const char *lines = own;
    for (int i = 0; i < 5; i++, lines += strcspn(lines, "\n") + 1) {
        char line[200];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(lines, "\n"), lines);
        cr_assert_not_null(strstr(shown, line), "'%s' is not in:\n%s", line, shown);
    }
    cr_assert_not_null(strstr(shown, "G of the same:\n  1.00000  -0.25000  -0.25000  -0.25000\n"), "%s",
                       shown);
    cr_assert_not_null(strstr(shown, "case 0 before: 0.00000000 0.00000000"), "%s", shown);
}

Test(tutorial, first_program_finds_the_same_gradient_twice, .timeout = 120) {
    char out[2000];
    run_program("1_gradient", fixture_path("gradient"), out, sizeof out);
    double hand, backward, quotient;
    for (int i = 0; i < 2; i++) {
        char *line = strstr(out, i ? "dy/dw1:" : "dy/dw0:");
        cr_assert_not_null(line);
        cr_assert_eq(sscanf(line + 7, " by hand %lf, backward %lf, difference quotient %lf", &hand, &backward,
                            &quotient),
                     3);
        cr_assert_float_eq(backward, i ? 16 : 9, 1e-3);
        cr_assert_float_eq(hand, backward, 1e-3);
        cr_assert_float_eq(quotient, backward, 1e-2);
    }
}

Test(tutorial, logistic_regression_finds_the_line_between_the_clouds, .timeout = 120) {
    char out[2000];
    run_program("2_logistic_regression", fixture_path("line"), out, sizeof out);
    char *last = strstr(out, "step 200:"), *normal = strstr(out, "normal: (1, ");
    cr_assert(last && normal, "%s", out);
    double loss, accuracy, up;
    cr_assert_eq(sscanf(last, "step 200: loss %lf, accuracy %lf", &loss, &accuracy), 2);
    cr_assert_eq(sscanf(normal, "normal: (1, %lf)", &up), 1);
    cr_assert(accuracy > 0.88 && loss < 0.25, "%s", out);
    cr_assert(up > 0.6 && up < 1.6, "%s", out);
}

Test(tutorial, cnn_tells_cysts_from_stones_that_it_has_not_seen, .timeout = 120) {
    char out[2000];
    run_program("3_cnn_on_phantoms", fixture_path("tutorial_phantoms"), out, sizeof out);
    char *line = strstr(out, "accuracy: ");
    cr_assert_not_null(line);
    double seen, others;
    cr_assert_eq(sscanf(line, "accuracy: %lf on pictures seen, %lf on others", &seen, &others), 2);
    cr_assert_gt(seen, 0.9);
    cr_assert_gt(others, 0.7);
}

/* Row `name` of the table: along the arc, imbalance, accuracy, agreement. */
static void row(const char *out, const char *name, double *v) {
    const char *at = strstr(out, name);
    cr_assert_not_null(at);
    cr_assert_eq(sscanf(at + strlen(name), "%lf %lf %lf %lf", v, v + 1, v + 2, v + 3), 4);
}

Test(tutorial, each_constraint_switched_off_breaks_what_it_is_for, .timeout = 120) {
    static const char *const figures[] = {"codes", "distances", "against", "bits"}, *const variants[] = {
                                                                                        "all", "no_manifold",
                                                                                        "no_balance",
                                                                                        "no_classification",
                                                                                        "no_quantisation"};
    char out[2000], path[700];
    const char *folder = fixture_path("constraints");
    run_program("7_constraints", folder, out, sizeof out);
    double all[4], manifold[4], balance[4], classification[4], quantisation[4];
    row(out, "\nall ", all);
    row(out, "no manifold", manifold);
    row(out, "no balance", balance);
    row(out, "no classification", classification);
    row(out, "no quantisation", quantisation);
    cr_assert_lt(manifold[0], all[0] - 0.1);
    cr_assert_gt(balance[1], all[1] + 0.1);
    cr_assert_lt(classification[2], all[2] - 0.05);
    cr_assert_lt(quantisation[3], all[3] - 0.1);
    for (int i = 0; i < 20; i++) {
        unsigned char *svg;
        size_t size;
        Error err = {0};
        snprintf(path, sizeof path, "%s/%s_%s.svg", folder, figures[i / 5], variants[i % 5]);
        cr_assert_eq(file_read(path, 1 << 24, &svg, &size, &err), STATUS_OK, "%s", err.message);
        cr_assert_not_null(strstr((char *)svg, "</svg>"));
        mem_free(svg);
    }
}

/* Writes FOLDER/NAME-image.npy and -text.npy: codes (n,2). */
static void write_codes(const char *folder, const char *name, const uint8_t *code, int n) {
    static const char *const kind[] = {"image", "text"};
    for (int m = 0; m < 2; m++) {
        char path[700];
        Error err = {0};
        snprintf(path, sizeof path, "%s/%s-%s.npy", folder, name, kind[m]);
        cr_assert_eq(npy_write(path, NPY_U8, 2, (int64_t[]){n, 2}, code, &err), STATUS_OK, "%s", err.message);
    }
}

Test(tutorial, codes_of_labels_are_perfect_and_equal_codes_say_nothing, .timeout = 120) {
    const char *manifest = tiny_set("drawn", 0);
    uint8_t of_label[2 * TINY_CASES], equal[2 * TINY_CASES] = {0};
    char out[2000], command[1500], folder[600];
    double v[4];
    for (int i = 0; i < 2 * TINY_CASES; i++)
        of_label[i] = i / 2 % TINY_LABELS == 0 ? 0xff : i / 2 % TINY_LABELS == 1 ? 0x0f : 0;
    snprintf(folder, sizeof folder, "%s", fixture_path("drawn"));
    write_codes(folder, "no_error", of_label, TINY_CASES);
    write_codes(folder, "equal", equal, TINY_CASES);
    const char *path = find_program("tutorial/lessons/draw_codes");
    if (!path) cr_skip("no draw_codes: `make` builds it beside the tests");
    snprintf(command, sizeof command, "'%s' '%s' '%s' no_error equal", path, folder, manifest);
    run_words(command, out, sizeof out);
    row(out, "no error", v);
    cr_assert(v[0] > 0.85 && v[2] == 1 && v[3] == 1, "%s", out);
    cr_assert_float_eq(v[1], 1 / 6.0, 1e-3, "%s", out); /* of three labels, one or two have a bit */
    row(out, "equal", v);
    cr_assert(v[0] == 0 && v[1] == 0.5 && v[3] == 1, "%s", out);
}

/* Cosine of cyst and a word. */
static double cosine(const char *out, const char *word) {
    char start[64];
    snprintf(start, sizeof start, "cosine(cyst, %s) = ", word);
    const char *at = strstr(out, start);
    cr_assert_not_null(at, "%s", out);
    return strtod(at + strlen(start), NULL);
}

Test(tutorial, words_of_one_meaning_or_spelling_are_near_and_others_are_not, .timeout = 120) {
    char out[2000];
    run_program("4_words", fixture_path("words"), out, sizeof out);
    cr_assert_gt(cosine(out, "cystic"), 0.6);
    cr_assert_gt(cosine(out, "microcyst"), cosine(out, "stonelike") + 0.15);
    cr_assert_gt(cosine(out, "cysst"), cosine(out, "stonelike") + 0.15);
    cr_assert_gt(cosine(out, "cystic"), fmax(cosine(out, "microcyst"), cosine(out, "cysst")));
    cr_assert_gt(cosine(out, "stone"), cosine(out, "calculus"));
    cr_assert_gt(cosine(out, "anechoic"), cosine(out, "spiculated") + 0.2);
    const char *unseen = out;
    for (int i = 0; i < 3; i++) cr_assert_not_null(unseen = strstr(unseen + 1, "(in no report)"), "%s", out);
}

Test(tutorial, attention_sums_to_one_and_one_word_decides, .timeout = 120) {
    char out[4000];
    double sum = 0, most = 0;
    run_program("5_attention", fixture_path("attention"), out, sizeof out);
    char *line = strstr(out, "likeliest label: cyst\n");
    cr_assert_not_null(line, "%s", out);
    for (line = strchr(line, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        double weight;
        cr_assert_eq(sscanf(line, "%*s %lf", &weight), 1);
        sum += weight;
        most = weight > most ? weight : most;
    }
    cr_assert_float_eq(sum, 1, 0.02);
    cr_assert_gt(most, 0.3);
}

Test(tutorial, distance_of_random_bits_measures_the_angle, .timeout = 120) {
    char out[2000];
    run_program("6_codes", fixture_path("codes"), out, sizeof out);
    double error[3], deviation[3], law[3];
    char *line = strchr(out, '\n') + 1;
    for (int i = 0; i < 3; i++, line = strchr(line, '\n') + 1)
        cr_assert_eq(sscanf(line, "%*d %lf %lf %lf", &error[i], &deviation[i], &law[i]), 3);
    for (int i = 0; i < 3; i++) cr_assert_float_eq(deviation[i], law[i], 0.2 * law[i]);
    cr_assert(error[2] < error[1] && error[1] < error[0]);
}

Test(tutorial, each_broken_protocol_says_more_than_the_honest_one, .timeout = 120) {
    char out[2000];
    double map[6];
    run_program("9_evaluation", fixture_path("evaluation"), out, sizeof out);
    char *line = out;
    for (int i = 0; i < 6; i++, line = strchr(line, '\n') + 1)
        cr_assert_eq(sscanf(strstr(line, "MAP "), "MAP %lf", &map[i]), 1);
    cr_assert(map[1] > map[0] + 0.1 && map[2] > map[0] + 0.3, "%s", out);
    cr_assert(map[3] > map[0] && map[4] < map[0] && map[5] > map[0] + 0.03, "%s", out);
}

static const char *const lessons[] = {
    "1_gradient", "2_logistic_regression", "3_cnn_on_phantoms", "4_words",     "5_attention",
    "6_codes",    "7_constraints",         "8_search",          "9_evaluation"};

static char *file_text(const char *path) {
    unsigned char *data;
    size_t size;
    Error err = {0};
    cr_assert_eq(file_read(path, 1 << 24, &data, &size, &err), STATUS_OK, "%s", err.message);
    return (char *)data;
}

Test(tutorial, every_lesson_has_equation_program_output_plot_and_three_exercises, .timeout = 120) {
    static const char *const parts[] = {"\n[Program](../",
                                        "\n<!-- equation ",
                                        "\n<!-- program -->",
                                        "\n<!-- output -->",
                                        "\n<!-- figure ",
                                        "\n## Exercises\n",
                                        "\n1. ",
                                        "\n2. ",
                                        "\n3. ",
                                        "\n<!-- solutions -->"};
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        char path[200];
        snprintf(path, sizeof path, "tests/tutorial/lessons/%s.md", lessons[i]);
        char *text = file_text(path);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            cr_assert_not_null(strstr(text, parts[k]), "%s has no %s", path, parts[k] + 1);
        cr_assert_null(strstr(text, "\n4. "), "%s has a fourth exercise", path);
        mem_free(text);
    }
}

/* The page of lesson 1: the line of its equation in this tree, what its program printed, its chart. */
Test(tutorial, the_page_of_a_lesson_holds_its_equation_at_its_line_and_the_output_of_its_program,
     .timeout = 120) {
    char out[2000], command[2000], folder[600], path[700], place[100];
    const char *results = fixture_path("results");
    snprintf(folder, sizeof folder, "%s/1_gradient", results);
    snprintf(command, sizeof command, "mkdir -p '%s'", folder);
    cr_assert_eq(system(command), 0);
    run_program("1_gradient", folder, out, sizeof out);
    Error err = {0};
    static const char *const files[] = {"output.txt", "solutions.txt"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        cr_assert_eq(file_write(path, out, strlen(out), &err), STATUS_OK, "%s", err.message);
    }
    const char *maker = find_program("tutorial/lessons/make_lessons");
    if (!maker) cr_skip("no make_lessons: `make` builds it beside the tests");
    snprintf(command, sizeof command, "'%s' '%s.html' Lesson '%s' tests/tutorial/lessons/1_gradient.md",
             maker, results, results);
    cr_assert_eq(system(command), 0);
    snprintf(path, sizeof path, "%s.html", results);
    char *page = file_text(path), *tape = file_text("nn/tape.c");
    int line = 1;
    for (const char *at = tape; at < strstr(tape, "EQ(chain)"); at++) line += *at == '\n';
    snprintf(place, sizeof place, "equation chain: nn/tape.c, line %d<", line);
    cr_assert_not_null(strstr(page, place), "%s", place);
    cr_assert_not_null(strstr(page, out), "%s", out);
    cr_assert_not_null(strstr(page, "src=\"data:image/svg+xml;base64,"));
    cr_assert(!strstr(page, "<!--") && !strstr(page, "[Program]"));
    mem_free(page), mem_free(tape);
}

/* Takes the lines with shapes, which are of one run, out of a map. */
static char *map_without_shapes(const char *path) {
    char *map = file_text(path);
    for (char *at; (at = strstr(map, "class=\"s\""));) {
        while (at > map && at[-1] != '\n') at--;
        const char *next = strchr(at, '\n') + 1;
        memmove(at, next, strlen(next) + 1);
    }
    return map;
}

/* The map of the README has the headers and the includes of this tree, and a shape at every box that a run gives one. */
Test(tutorial, the_map_of_the_readme_is_that_of_this_tree, .timeout = 60) {
    TinyRun t = tiny_run("mapped");
    char command[2000], path[700];
    snprintf(path, sizeof path, "%s.svg", t.run);
    snprintf(command, sizeof command, "sh tests/data_flow.sh '%s' '%s' '%s'",
             getenv("MSACH_BIN") ? getenv("MSACH_BIN") : "build/release/msach", t.run, path);
    cr_assert_eq(system(command), 0);
    char *drawn = map_without_shapes(path), *shown = map_without_shapes(".readme/map.svg"),
         *shapes = file_text(".readme/map.svg");
    cr_assert_str_eq(drawn, shown, "run make map");
    int n = 0;
    for (const char *at = shapes; (at = strstr(at, "class=\"s\"")); at++) n++;
    cr_assert_eq(n, 5);
    mem_free(drawn), mem_free(shown), mem_free(shapes);
}

/* A solution checks its own claims. */
Test(tutorial, solutions_of_all_exercises_hold, .timeout = 240) {
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        char out[4000], name[64];
        snprintf(name, sizeof name, "solutions/%s", lessons[i]);
        run_program(name, fixture_path(lessons[i]), out, sizeof out);
        for (int k = 1; k <= 3; k++) {
            char answer[32];
            snprintf(answer, sizeof answer, "exercise %d: ", k);
            cr_assert_not_null(strstr(out, answer), "%s has no answer to %s", name, answer);
        }
    }
}

Test(tutorial, tables_find_the_same_rows_as_the_scan, .timeout = 120) {
    char out[2000];
    run_program("8_search", fixture_path("search"), out, sizeof out);
    cr_assert_not_null(strstr(out, "for every query: yes"), "%s", out);
}
