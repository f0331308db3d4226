/* `train --explain` and `inspect` of a run: what they print and draw is what the run's model computes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tiny_set.h"
#include "train/pages/explain_parts.h"

/* The first id of the set in split.tsv. */
static void id_of_set(const char *run, const char *set, char id[64]) {
    char path[600], line[256], which[64];
    snprintf(path, sizeof path, "%s/split.tsv", run);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%63[^\t]\t%63[^\t]", id, which) == 2 && strcmp(which, set) == 0) break;
    fclose(f);
    cr_assert_str_eq(which, set);
}

/* The row of the id in codes.ids.txt as the words of the walk. */
static void encoded_bits(const TinyRun *t, const char *as, const char *id, Buffer *bits) {
    Npy codes;
    Error err = {0};
    char line[256], path[600];
    int64_t row = 0;
    snprintf(path, sizeof path, "%s-%s.npy", t->run, as);
    expect_msach(0, NULL, "encode -q --model %s --data %s --as %s --out %s", t->run, t->manifest, as, path);
    cr_assert_eq(npy_read(&codes, path, 1 << 24, &err), STATUS_OK, "%s", err.message);
    snprintf(path, sizeof path, "%s-%s.ids.txt", t->run, as);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s", path);
    for (; fgets(line, sizeof line, f); row++)
        if (strcspn(line, "\n") == strlen(id) && strncmp(line, id, strlen(id)) == 0) break;
    fclose(f);
    cr_assert_lt(row, codes.dim[0]);
    buffer_printf(bits, "\n  %-5s ", as);
    for (int64_t j = 0; j < 8 * codes.dim[1]; j++)
        buffer_printf(bits, "%s%d", j && j % 8 == 0 ? " " : "",
                      ((const uint8_t *)codes.data)[row * codes.dim[1] + j / 8] >> (j % 8) & 1);
    buffer_add(bits, "\n", 2);
    npy_free(&codes);
}

Test(cli_explain, its_bits_are_those_of_encode_and_mistakes_are_told, .timeout = 60) {
    TinyRun t = tiny_run("explained");
    char id[64], other[64];
    id_of_set(t.run, "train", id);
    id_of_set(t.run, "query", other);
    Ran r = run_msach("train -q --explain --out %s --case %s", t.run, id);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.out, "with the run's trained weights"));
    cr_assert_not_null(strstr(r.out, id));
    static const char *const as[] = {"image", "text"};
    for (int m = 0; m < 2; m++) {
        Buffer bits = {0};
        encoded_bits(&t, as[m], id, &bits);
        cr_assert_not_null(strstr(r.out, (const char *)bits.data), "%s", (const char *)bits.data);
        buffer_free(&bits);
    }
    ran_free(&r);
    expect_msach(2, "--explain needs --out RUN", "train --explain --data %s", t.manifest);
    expect_msach(2, "leave out --stage1 and --resume", "train --explain --resume --out %s", t.run);
    expect_msach(2, "require --explain", "train --case x --data %s --out %s", t.manifest, t.run);
    expect_msach(3, "has no case 'nobody'", "train --explain --out %s --case nobody", t.run);
    expect_msach(3, "is of the query set", "train --explain --out %s --case %s", t.run, other);
    expect_msach(2, "name the cases with --data", "train --explain --out %s-not-yet", t.run);
    expect_msach(3, "is not the manifest that the model was trained on; give that one, or one whose 'split'",
                 "train --explain --out %s --data %s", t.run, tiny_set("explained_otherwise", 1));
    expect_msach(0, "its own settings apply", "train --explain --out %s --bits 32", t.run);
}

/* The tiny run has so few patients that the mixture leaves the networks out: g is 0. */
Test(cli_explain, terms_that_trust_leaves_out_are_shown_as_0_with_the_shares_of_the_run, .timeout = 60) {
    TinyRun t = tiny_run("trusted");
    char page[600], reason[800];
    unsigned char *bytes;
    size_t size;
    Error err = {0};
    ModelFile f;
    snprintf(page, sizeof page, "%s.html", t.run);
    cr_assert_eq(model_open(&f, t.run, &err), STATUS_OK, "%s", err.message);
    real *share = f.model.expert_share->data;
    cr_assert(share[0] == 0 && share[1] == 0);
    Ran r = run_msach("train -q --explain --out %s --html %s", t.run, page);
    cr_assert_eq(file_read(page, 1 << 26, &bytes, &size, &err), STATUS_OK, "%s", err.message);
    Explain e = {.model = &f.model};
    explain_trust(&e, reason, sizeof reason);
    cr_assert_not_null(strstr(reason, "g = min(1, 2 alpha) = 0, where alpha = (0 + 0)/2"), "%s", reason);
    cr_assert(strstr((char *)bytes, reason) && strstr(r.out, reason), "%s", r.out);
    cr_assert_not_null(strstr((char *)bytes, "This run does not train on G"));
    cr_assert_not_null(
        strstr(r.out, "\n  manifold       L_man                 0        0.3              0\n"));
    cr_assert_not_null(
        strstr(r.out, "\n  align          L_align               0       0.03              0\n"));
    share[0] = (real)0.3, e.trust = 0.3;
    explain_trust(&e, reason, sizeof reason);
    cr_assert_not_null(strstr(reason, "2 alpha) = 0.3, where alpha = (0.3 + 0)/2"), "%s", reason);
    cr_assert_null(strstr(reason, "left out"));
    e.trust = 1;
    explain_trust(&e, reason, sizeof reason);
    cr_assert_str_eq(reason, "");
    mem_free(bytes);
    model_close(&f);
    ran_free(&r);
}

Test(cli_explain, before_training_it_shows_initial_weights_and_leaves_the_run_to_be_trained, .timeout = 60) {
    char folder[512];
    snprintf(folder, sizeof folder, "%s", fixture_path("untrained"));
    expect_msach(0, "manifest.tsv", "phantom --out %s --cases 60 --size 32", folder);
    expect_msach(0, "initial weights of seed 1",
                 "train -q --explain --data %s/manifest.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
    expect_msach(0, "run", "train -q --data %s/manifest.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
}

/* The numbers behind the words of the page are those of the text; with that of CLS they sum to 1. */
Test(cli_explain, attention_over_the_words_is_the_same_in_text_and_page_and_sums_to_1, .timeout = 60) {
    char folder[512], page[600];
    unsigned char *bytes;
    size_t size;
    Error err = {0};
    snprintf(folder, sizeof folder, "%s", fixture_path("attended"));
    snprintf(page, sizeof page, "%s.html", folder);
    expect_msach(0, "manifest.tsv", "phantom --out %s --cases 60 --size 32 --lang en", folder);
    Ran r = run_msach("train -q --explain --data %s/manifest.tsv --out %s/run --html %s --set %s semantic=0",
                      folder, folder, page, tiny_settings);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_eq(file_read(page, 1 << 26, &bytes, &size, &err), STATUS_OK, "%s", err.message);
    const char *text = strstr(r.out, "\n    text  CLS "), *words = strstr((char *)bytes, "2. The words");
    cr_assert(text && words);
    int n = 0;
    double sum = strtod(text + strlen("\n    text  CLS "), NULL);
    for (const char *at = strstr(text, "  "); (words = strstr(words, "<small>")); n++) {
        double shown = strtod(words += strlen("<small>"), NULL);
        at = strstr(n ? at + 1 : strstr(text, "CLS"), "  "); /* before the word */
        cr_assert_not_null(at);
        cr_assert_eq(strtod(strchr(at + 2, ' '), NULL), shown, "word %d", n);
        sum += shown;
    }
    cr_assert_gt(n, 5);
    cr_assert_float_eq(sum, 1, 0.0005 * (n + 2));
    mem_free(bytes);
    ran_free(&r);
}

/* The mean of L_2 over the steps of an epoch, from --step, is the epoch's loss in metrics.tsv. */
static void expect_epoch(const char *run, int epoch, int steps) {
    char path[600];
    unsigned char *bytes;
    size_t size;
    Error err = {0};
    MetricsRow row[16];
    snprintf(path, sizeof path, "%s/metrics.tsv", run);
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size, &err), STATUS_OK, "%s", err.message);
    int rows = metrics_parse((char *)bytes, row, 16), last = 0;
    while (last < rows && (row[last].stage != 2 || row[last].epoch != epoch)) last++;
    cr_assert_lt(last, rows);
    double sum = 0;
    for (int k = 1; k <= steps; k++) {
        Ran r = run_msach("train -q --explain --out %s --step %d --html %s.html", run,
                          (epoch - 1) * steps + k, run);
        const char *loss = strstr(r.out, "  L_2 ");
        cr_assert(r.code == 0 && loss, "%s", r.err);
        sum += strtod(loss + strlen("  L_2 "), NULL);
        ran_free(&r);
    }
    cr_assert_float_eq(sum / steps, row[last].loss, 1e-5 * row[last].loss, "%s: %.7g in place of %.7g", run,
                       sum / steps, row[last].loss);
    mem_free(bytes);
}

Test(cli_explain, a_step_of_a_run_has_the_loss_that_training_had, .timeout = 120) {
    TinyRun t = tiny_run("stepped");
    char other[600];
    expect_epoch(t.run, 2, 1);
    /* several steps an epoch; end to end, where stage 1 trains with the codes */
    static const char *const more[] = {"stage2_batch=10", "stage1_batch=10 --ablate end-to-end"};
    for (int i = 0; i < 2; i++) {
        snprintf(other, sizeof other, "%s-%d", t.run, i);
        expect_msach(0, "run", "train -q --data %s --out %s --set %s %s", t.manifest, other, tiny_settings,
                     more[i]);
        expect_epoch(other, 2, 2);
    }
    expect_msach(2, "has 2 steps: 2 epochs of 1", "train -q --explain --out %s --step 3", t.run);
    expect_msach(2, "--step is '0'; the number of a step of stage 2 was expected: 1 is the first",
                 "train -q --explain --out %s --step 0", t.run);
    expect_msach(2, "--step is 'last'; the number of a step", "train -q --explain --out %s --step last",
                 t.run);
    expect_msach(2, "leave out --case", "train -q --explain --out %s --step 1 --case x", t.run);
    expect_msach(2, "holds no trained model", "train -q --explain --data %s --out %s-new --step 1",
                 t.manifest, t.run);
    expect_msach(2, "require --explain", "train -q --data %s --out %s-new --step 1", t.manifest, t.run);
    char command[2048];
    snprintf(other, sizeof other, "%s.split.tsv", t.manifest);
    snprintf(
        command, sizeof command,
        "awk 'BEGIN { split(\"database query val train train\", set, \" \") } { print $0 \"\\t\" (NR == 1 ? "
        "\"split\" : set[NR %% 5 + 1]) }' %s >%s",
        t.manifest, other);
    cr_assert_eq(system(command), 0);
    expect_msach(3, "is not the manifest that the run was trained on",
                 "train -q --explain --data %s --out %s --step 1", other, t.run);
}

Test(cli_inspect, of_a_run_draws_the_health_of_its_codes, .timeout = 60) {
    TinyRun t = tiny_run("inspected");
    char path[600], moved[600];
    unsigned char *page;
    size_t size;
    Error err = {0};
    Ran r = run_msach("inspect %s", t.run), e = run_msach("eval -q --run %s --json", t.run);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.out, "codes of the database"));
    snprintf(path, sizeof path, "%s/inspect.html", t.run);
    cr_assert_eq(file_read(path, 1 << 26, &page, &size, &err), STATUS_OK, "%s", err.message);
    /* balance, correlation, distances, PCA and t-SNE, of both modalities or directions */
    int drawings = 0;
    for (const char *s = (char *)page; (s = strstr(s, "<svg")); s++) drawings++;
    cr_assert_eq(drawings, 10);
    cr_assert_null(strstr((char *)page, "<script"));
    cr_assert_not_null(strstr((char *)page, "Exact t-SNE"));
    /* as many distinct codes as eval counts */
    const char *distinct = strstr(e.out, "\"distinct\":");
    char expected[64];
    cr_assert_not_null(distinct, "%s", e.out);
    snprintf(expected, sizeof expected, " %d/", atoi(distinct + strlen("\"distinct\":")));
    cr_assert_not_null(strstr(r.out, expected), "%s not in %s", expected, r.out);
    mem_free(page);
    ran_free(&r);
    ran_free(&e);
    snprintf(moved, sizeof moved, "%s.moved", t.manifest);
    cr_assert_eq(rename(t.manifest, moved), 0);
    expect_msach(0, "the health of the codes is left out", "inspect %s", t.run);
    expect_msach(3, "manifest.tsv", "inspect %s --html %s", t.run, path);
}
