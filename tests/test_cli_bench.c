/* `msach bench train`, `encode` and `eval` through the real binary: fields that other programs read, the canonical settings,
 * steady memory. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tiny_set.h"

static json_t *bench(const char *words) {
    Ran r = run_msach("bench %s", words);
    json_error_t error;
    cr_assert_eq(r.code, 0, "%s", r.err);
    json_t *j = json_loads(r.out, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(j, "%s in %s", error.text, r.out);
    ran_free(&r);
    return j;
}

static double number(json_t *j, const char *field) {
    json_t *v = json_object_get(j, field);
    cr_assert(json_is_number(v), "%s", field);
    return json_number_value(v);
}

static void expect_spread(json_t *j, const char *field) {
    char name[64];
    double median = number(j, field);
    snprintf(name, sizeof name, "%s_min", field);
    double least = number(j, name);
    snprintf(name, sizeof name, "%s_max", field);
    cr_assert(0 < least && least <= median && median <= number(j, name), "%s", field);
}

/* A share is rate times work over the speed of sgemm. The work, GFLOP a case, is counted by hand from the canonical settings: the
 * image network has 257 million multiply-adds, the text network 3.1, the encoder 19.2 over the 65 tokens of a case and 42.3 over the
 * 129 of both; a training step takes three times the forward pass. Speeds depend on what else the machine does; this product does not. */
static void expect_share(json_t *j, const char *share, const char *rate, double gflop) {
    char most[64];
    snprintf(most, sizeof most, "%s_max", rate);
    double counted = number(j, share) * number(j, "sgemm_gflops_max") / number(j, most);
    cr_assert_float_eq(counted, gflop, 0.02 * gflop, "%s counts %g GFLOP a case", share, counted);
}

static void expect_canonical(json_t *j) {
    static const struct {
        const char *field;
        int value;
    } setting[] = {{"image_size", 128}, {"width", 32}, {"dim", 128}, {"text_length", 64}, {"words", 4000},
                   {"layers", 2},       {"heads", 4},  {"bits", 64}, {"classes", 10},     {"batch", 64}};
    for (size_t i = 0; i < sizeof setting / sizeof setting[0]; i++)
        cr_assert_eq((int)number(j, setting[i].field), setting[i].value, "%s", setting[i].field);
    const char *texts[] = {"machine", "blas", "kernels", "version"};
    for (int i = 0; i < 4; i++) cr_assert(json_is_string(json_object_get(j, texts[i])), "%s", texts[i]);
}

Test(cli_bench, train_measures_both_stages_on_the_canonical_work_in_memory_that_is_reused) {
    json_t *j = bench("train --json --seconds 0");
    expect_canonical(j);
    expect_spread(j, "stage1_pairs_per_s");
    expect_spread(j, "stage2_pairs_per_s");
    expect_spread(j, "sgemm_gflops");
    expect_share(j, "stage1_share_of_sgemm", "stage1_pairs_per_s", 1.548);
    expect_share(j, "stage2_share_of_sgemm", "stage2_pairs_per_s", 0.484);
    cr_assert_gt(number(j, "stage1_peak_mb"), number(j, "stage1_arena_mb"));
    cr_assert_gt(number(j, "stage1_arena_mb"), 1);
    cr_assert_lt(number(j, "stage1_page_faults"), 100); /* its tensors alone are 100,000 pages */
    cr_assert_lt(number(j, "stage2_page_faults"), 100);
    json_decref(j);
}

Test(cli_bench, encode_measures_images_texts_and_one_image_at_the_threads_asked_for) {
    json_t *j = bench("encode --json --seconds 0 --threads 1");
    expect_canonical(j);
    expect_spread(j, "encode_image_per_s");
    expect_spread(j, "encode_text_per_s");
    expect_spread(j, "encode_one_image_ms");
    expect_spread(j, "sgemm_gflops");
    expect_share(j, "encode_image_share_of_sgemm", "encode_image_per_s", 0.548);
    expect_share(j, "encode_text_share_of_sgemm", "encode_text_per_s", 0.0447);
    double one = number(j, "encode_one_image_share_of_sgemm") * number(j, "sgemm_gflops_max") *
                 number(j, "encode_one_image_ms_min") / 1000;
    cr_assert_float_eq(one, 0.548, 0.02 * 0.548, "one image counts %g GFLOP", one);
    cr_assert_eq((int)number(j, "threads"), 1);
    json_decref(j);
}

Test(cli_bench, eval_measures_retrieval) {
    json_t *j = bench("eval --json --seconds 0 --queries 512 --n 2048");
    expect_spread(j, "eval_queries_per_s");
    cr_assert_eq((int)number(j, "queries"), 512);
    double compared = 512. * 2048 * 8 / (1e-3 * number(j, "eval_ms")),
           share = number(j, "eval_share_of_memory");
    cr_assert_float_eq(share, compared / (1e9 * number(j, "memory_gb_per_s")), 1e-4 * share);
    json_decref(j);
}

Test(cli_bench, an_index_is_written_at_a_share_of_the_speed_of_memory) {
    json_t *j = bench("index --json --n 3000 --bits 64");
    double written = number(j, "bytes") / number(j, "write_s"), share = number(j, "write_share_of_memory");
    cr_assert_gt(number(j, "bytes"), 3000 * 8);
    cr_assert_float_eq(share, written / (1e9 * number(j, "memory_gb_per_s")), 1e-4 * share);
    json_decref(j);
}

/* A phase whose message is no longer recognised has no time. */
Test(cli_bench, phases_have_time_and_memory_and_add_up) {
    static const char *const phases[] = {"opening", "pictures", "stage1",     "experts", "features",
                                         "graphs",  "stage2",   "validation", "test"};
    const char *manifest = tiny_set("phases", 0);
    char words[1200], name[64];
    double sum = 0;
    snprintf(words, sizeof words, "phases --json --data %s --out %s --set %s", manifest, fixture_path("run"),
             tiny_settings);
    json_t *j = bench(words);
    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "%s_s", phases[i]);
        cr_assert_gt(number(j, name), 0, "%s", name);
        sum += number(j, name);
        snprintf(name, sizeof name, "%s_mib", phases[i]);
        cr_assert(number(j, name) > 1 && number(j, name) <= number(j, "all_mib"), "%s", name);
        snprintf(name, sizeof name, "%s_cpu_s", phases[i]);
        cr_assert_geq(number(j, name), 0, "%s", name);
    }
    cr_assert_float_eq(sum, number(j, "all_s"), 1e-6);
    cr_assert(0 < number(j, "training_cases") && number(j, "training_cases") < number(j, "cases"));
    json_decref(j);
    expect_msach(2, "phases needs --data and --out", "bench phases");
}

Test(cli_bench, the_table_names_the_machine_and_the_spread) {
    expect_msach(0, "median         min         max", "bench eval --seconds 0 --queries 512 --n 2048");
}

Test(cli_bench, a_mistyped_bench_names_the_nearest) {
    expect_msach(2, "did you mean 'encode'?", "bench encod");
    expect_msach(2, "a whole number from 0 to 3600", "bench train --seconds x");
}
