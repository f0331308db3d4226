/* Personal data in a model: no name of a single patient, no date, no id; and the output of `inspect --privacy` and `eval
 * --membership`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tiny_set.h"
#include "train/membership.h"

static const char SETTINGS[] =
    "image_size=16 width=4 dim=16 heads=2 buckets=64 min_count=1 landmarks=32 stage1_epochs=2 "
    "stage2_epochs=2 stage1_batch=16 stage2_batch=16 views=1 neighbours=4 bits=16";

/* The tiny set, but every text holds the name of its patient and of its doctor, a date and a number. Doctors see patients 0 to 3 (of
 * whom at least two train), 4 to 7 and so on: four groups, so that their names may stay. */
static const char *named_set(void) {
    unsigned char *text;
    size_t size;
    Buffer out = {0};
    cr_assert_eq(file_read(tiny_set("named", 0), 1 << 20, &text, &size, NULL), STATUS_OK);
    for (char *line = strtok((char *)text, "\n"); line; line = strtok(NULL, "\n")) {
        int n;
        char *at = strstr(line, ", case "), *group = strrchr(line, '\t');
        if (!at || sscanf(group, "\tp%d", &n) != 1)
            buffer_printf(&out, "%s\n", line);
        else
            buffer_printf(&out, "%.*s of 19.05.1987, patientname%c, doctor%c, mrn20190319%s\n",
                          (int)(at - line), line, 'a' + n % 26, 'a' + n / 8, strchr(at, '\t'));
    }
    mem_free(text);
    const char *path = fixture_file("named/named.tsv", out.data, out.size);
    buffer_free(&out);
    return path;
}

/* Whether the model of a run holds the bytes of a word anywhere. */
static bool holds(const char *run, const char *word) {
    char path[700];
    unsigned char *data;
    size_t size, n = strlen(word);
    bool found = false;
    snprintf(path, sizeof path, "%s/model.safetensors", run);
    cr_assert_eq(file_read(path, 1 << 26, &data, &size, NULL), STATUS_OK);
    for (size_t i = 0; !found && i + n <= size; i++) found = memcmp(data + i, word, n) == 0;
    mem_free(data);
    return found;
}

Test(privacy, no_name_date_or_id_of_a_patient_leaves_with_a_model) {
    const char *manifest = named_set(), *dir = fixture_dir();
    char run[600];
    snprintf(run, sizeof run, "%s/safe", dir);
    expect_msach(0, NULL, "train -q --data %s --out %s --set %s", manifest, run, SETTINGS);
    cr_assert(!holds(run, "patientname"));
    cr_assert(!holds(run, "1987"));
    cr_assert(!holds(run, "20190319"));
    cr_assert(holds(run, "doctora") || holds(run, "doctorb"),
              "the names of those who see many patients stay");
    Ran r = run_msach("inspect --privacy %s/model.safetensors", run);
    cr_assert_eq(r.code, 0);
    cr_assert_null(strstr(r.out, "A NAME MAY BE"));
    cr_assert_null(strstr(r.out, "patientname"));
    cr_assert_not_null(strstr(r.out, "hashes with the salt of this model"));
    cr_assert_not_null(strstr(r.out, "  <id>\n"));
    cr_assert_not_null(strstr(r.out, "no digit of them is kept"));
    cr_assert_not_null(strstr(r.out, "\nlabel\ncyst\n"));
    ran_free(&r);
    snprintf(run, sizeof run, "%s/open", dir); /* the check can fail */
    expect_msach(0, NULL, "train -q --data %s --out %s --set %s vocab_groups=1 fold_numbers=0", manifest, run,
                 SETTINGS);
    cr_assert(holds(run, "patientname") && holds(run, "1987") && holds(run, "20190319"));
    expect_msach(0, "A NAME MAY BE AMONG", "inspect --privacy %s", run);
    expect_msach(0, "     1  patientname", "inspect --privacy %s", run);
    expect_msach(0, "config.txt names the manifest", "inspect --privacy %s", run);
    expect_msach(0, "training cases from", "eval --run %s --membership", run);
    expect_msach(0, ",\"membership\":{\"members\":", "eval --run %s --membership --json", run);
    expect_msach(2, "leave out --set", "eval --run %s --membership --set val", run);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s/a.idx", run, manifest, dir);
    expect_msach(0, "60 reports, 60 ids, the groups (patients) of 60 cases", "inspect --privacy %s/a.idx",
                 dir);
    expect_msach(0, "as confidential as the reports", "inspect --privacy %s/a.idx", dir);
    expect_msach(0, NULL, "encode -q --model %s --text cyst --out %s/x.npy", run, dir);
    expect_msach(2, "codes alone", "inspect --privacy %s/x.npy", dir);
}

Test(privacy, few_groups_leave_no_word_and_a_warning) {
    const char *manifest = tiny_set("few", 0);
    expect_msach(0, "no word stands in training texts of 1000 groups",
                 "train -q --data %s --out %s/few-run --set %s vocab_groups=1000", manifest, fixture_dir(),
                 SETTINGS);
}

/* ---- Membership ---- */

enum { BITS = 16, MEMBERS = 40, OTHERS = 30 };

static double area_by_pairs(const int *a, const int *b) {
    double sum = 0;
    for (int i = 0; i < MEMBERS; i++)
        for (int j = 0; j < OTHERS; j++) sum += a[i] < b[j] ? 1 : a[i] == b[j] ? 0.5 : 0;
    return sum / (MEMBERS * OTHERS);
}

Test(privacy, the_area_is_that_of_all_pairs_and_its_interval_holds_it) {
    Rng rng = rng_stream(8, RNG_TEST, 2);
    for (int round = 0; round < 20; round++) {
        int a[MEMBERS], b[OTHERS], group[MEMBERS];
        uint32_t top = 1 + (uint32_t)round;
        for (int i = 0; i < MEMBERS; i++)
            a[i] = (int)rng_below(&rng, BITS + 1 < top ? BITS + 1 : top), group[i] = i / 2;
        for (int i = 0; i < OTHERS; i++) b[i] = (int)rng_below(&rng, BITS + 1);
        Interval area;
        const Distances members = {a, group, MEMBERS}, others = {b, group, OTHERS};
        cr_assert_eq(membership_area(&area, &members, &others, BITS, NULL), STATUS_OK);
        cr_assert_float_eq(area.value, area_by_pairs(a, b), 1e-12);
        cr_assert(area.low >= 0 && area.high <= 1 && area.low <= area.value && area.value <= area.high);
    }
}

Test(privacy, codes_that_remember_have_area_1_and_codes_that_do_not_one_half) {
    int near[MEMBERS] = {0}, far[OTHERS];
    for (int i = 0; i < OTHERS; i++) far[i] = BITS;
    Interval area;
    Distances members = {near, NULL, MEMBERS}, others = {far, NULL, OTHERS};
    cr_assert_eq(membership_area(&area, &members, &others, BITS, NULL), STATUS_OK);
    cr_assert(area.value == 1 && area.low == 1);
    others.distance = near;
    cr_assert_eq(membership_area(&area, &members, &others, BITS, NULL), STATUS_OK);
    cr_assert_float_eq(area.value, 0.5, 1e-12);
}
