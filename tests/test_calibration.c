/* What a model keeps to judge answers by: shares of distances, hashes of training ids, and the file that holds them. */
#include "train/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/oracle/oracle_rules.h"
#include "tests/run_command.h"
#include "train/model_file.h"

enum { BITS = 24, ROW = BITS + 1 };

/* Pairs as a search makes them: few near ones, shares that fall with noise. */
static void make_pairs(Rng *rng, int64_t pairs[MODALITIES][2][ROW]) {
    for (int m = 0; m < MODALITIES; m++)
        for (int d = 0; d < ROW; d++) {
            pairs[m][0][d] = (int64_t)rng_below(rng, (uint32_t)(4 * d + 2));
            pairs[m][1][d] = 0;
            for (int64_t i = 0; i < pairs[m][0][d]; i++) pairs[m][1][d] += (int)rng_below(rng, 30) > d;
        }
}

Test(calibration, shares_are_the_oracles_and_never_rise_with_distance) {
    Rng rng = rng_stream(5, RNG_TEST, 1);
    for (int round = 0; round < 40; round++) {
        int64_t pairs[MODALITIES][2][ROW];
        double share[ROW];
        Error err;
        make_pairs(&rng, pairs);
        Calibration c = {.bits = BITS, .pairs = &pairs[0][0][0], .groups = round % 20};
        cr_assert_eq(calibration_fit(&c, &err), STATUS_OK);
        for (Modality m = 0; m < MODALITIES; m++) {
            double all = 0, relevant = 0;
            oracle_confidence(pairs[m][0], pairs[m][1], ROW, CALIBRATION_LEAST, c.groups, share);
            for (int d = 0; d < ROW; d++) {
                all += (double)pairs[m][0][d], relevant += (double)pairs[m][1][d];
                cr_assert_float_eq(calibration_share(&c, m, d), share[d], 1e-12, "round %d, distance %d",
                                   round, d);
                if (d) cr_assert_leq(calibration_share(&c, m, d), calibration_share(&c, m, d - 1));
            }
            cr_assert_float_eq(c.chance[m], relevant / all, 1e-12);
            int from = c.chance_from[m];
            cr_assert(from >= 0 && share[from] <= c.chance[m] &&
                      (from == 0 || share[from - 1] > c.chance[m]));
        }
        cr_assert(isnan(calibration_share(&c, 0, BITS + 1)));
        mem_free(c.share);
    }
}

Test(calibration, few_pairs_near_by_do_not_make_a_certain_share) {
    int64_t pairs[MODALITIES][2][ROW] = {{{2, 0, 40, 60}, {2, 0, 20, 6}}};
    Error err;
    Calibration c = {.bits = BITS, .pairs = &pairs[0][0][0]};
    cr_assert_eq(calibration_fit(&c, &err), STATUS_OK);
    cr_assert_float_eq(calibration_share(&c, MODALITY_IMAGE, 0), 22.0 / 42, 1e-12);
    cr_assert_float_eq(calibration_share(&c, MODALITY_IMAGE, 3), 0.1, 1e-12);
    cr_assert(isnan(calibration_share(&c, MODALITY_TEXT, 3))); /* no pairs */
    cr_assert_eq(c.chance_from[MODALITY_TEXT], -1);
    mem_free(c.share);
}

/* Drawing 12 of 70 towards 12 of 70 must not leave a last bit above it. */
Test(calibration, a_direction_without_signal_is_chance_at_every_distance) {
    for (int groups = 1; groups < 60; groups++) {
        int64_t pairs[MODALITIES][2][ROW] = {{{70, 70, 70, 70}, {12, 12, 12, 12}}};
        Error err;
        Calibration c = {.bits = BITS, .groups = groups, .pairs = &pairs[0][0][0]};
        cr_assert_eq(calibration_fit(&c, &err), STATUS_OK);
        cr_assert_eq(c.chance_from[MODALITY_IMAGE], 0, "%d groups", groups);
        mem_free(c.share);
    }
}

/* ---- Ranges ---- */

enum { GROUP_CASES = 5, CODE = BITS / 8, MOST_SIDE = 2000 };

/* Cases of two labels, in groups of equal cases: a group's code is that of its label, but for bits that the group has wrong. */
typedef struct {
    CaseSet set;
    uint8_t code[MOST_SIDE * CODE], labels[MOST_SIDE * 2];
    int group[MOST_SIDE];
} Patients;

static void make_patients(Patients *p, Rng *rng, int groups, int first_group) {
    memset(p, 0, sizeof *p);
    p->set = (CaseSet){.n = (size_t)groups * GROUP_CASES,
                       .bits = BITS,
                       .classes = 2,
                       .code = {p->code, p->code},
                       .labels = p->labels,
                       .group = p->group};
    for (int g = 0; g < groups; g++) {
        uint8_t code[CODE] = {0};
        uint32_t label = rng_below(rng, 2), wrong = rng_below(rng, BITS);
        for (int j = 0; j < BITS; j++)
            if (label != (rng_below(rng, 2 * BITS) < wrong)) code[j / 8] |= (uint8_t)(1 << j % 8);
        for (int i = g * GROUP_CASES; i < (g + 1) * GROUP_CASES; i++) {
            memcpy(p->code + i * CODE, code, CODE);
            p->labels[2 * i + (int)label] = 1;
            p->group[i] = first_group + g;
        }
    }
}

static RetrievalTask task_of(const Patients *query, const Patients *database) {
    return (RetrievalTask){&query->set, &database->set, MODALITY_TEXT, true};
}

/* The share at each distance among so many patients that it hardly depends on which. */
static void true_shares(Patients *query, Patients *database, Rng *rng, double share[ROW]) {
    int64_t pairs[2][ROW] = {{0}};
    for (int i = 0; i < 10; i++) {
        make_patients(query, rng, MOST_SIDE / GROUP_CASES, 0);
        make_patients(database, rng, MOST_SIDE / GROUP_CASES, MOST_SIDE);
        RetrievalTask t = task_of(query, database);
        cr_assert_eq(calibrate_count(&t, pairs[0], NULL, NULL), STATUS_OK);
    }
    for (int d = 0; d < ROW; d++) share[d] = (double)pairs[1][d] / (double)pairs[0][d];
}

Test(calibration, the_range_of_a_share_holds_that_of_other_patients) {
    enum { ROUNDS = 30 };
    Rng rng = rng_stream(5, RNG_TEST, 3);
    Patients *query = mem_alloc(sizeof *query), *database = mem_alloc(sizeof *database);
    double share[ROW], held = 0, all = 0, width[2] = {0};
    float range[MODALITIES][2][ROW] = {0};
    true_shares(query, database, &rng, share);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t pairs[MODALITIES][2][ROW] = {0};
        int groups = i % 2 ? 40 : 8;
        make_patients(query, &rng, groups, 0);
        make_patients(database, &rng, 2 * groups, MOST_SIDE);
        RetrievalTask t = task_of(query, database);
        cr_assert_eq(calibrate_count(&t, pairs[MODALITY_TEXT][0], NULL, NULL), STATUS_OK);
        cr_assert_eq(calibrate_range(&t, range[MODALITY_TEXT][0], NULL), STATUS_OK);
        Calibration c = {.bits = BITS, .pairs = &pairs[0][0][0], .range = &range[0][0][0], .groups = groups};
        cr_assert_eq(calibration_fit(&c, NULL), STATUS_OK);
        for (int d = 0; d < ROW; d++) {
            double n = (double)pairs[MODALITY_TEXT][0][d], low = calibration_bound(&c, MODALITY_TEXT, d, 0),
                   high = calibration_bound(&c, MODALITY_TEXT, d, 1);
            all += n;
            held += low <= share[d] && share[d] <= high ? n : 0;
            width[i % 2] += (high - low) / ROW / (ROUNDS / 2);
        }
        mem_free(c.share);
    }
    cr_log_info("held %.2f, widths %.2f, %.2f", held / all, width[0], width[1]);
    cr_assert_gt(held / all, 0.9, "%g", held / all);
    cr_assert_lt(width[1], 0.8 * width[0], "more patients: %g, %g", width[0], width[1]);
    make_patients(query, &rng, 1, 0);
    RetrievalTask t = task_of(query, database);
    cr_assert_eq(calibrate_range(&t, range[0][0], NULL), STATUS_OK);
    cr_assert(range[0][0][3] <= 0 && range[0][1][3] >= 1, "one patient says nothing of others");
    mem_free(query);
    mem_free(database);
}

/* ---- The file ---- */

static Status read_back(Calibration *from, int bits, int dim, Calibration *c) {
    StFile out = {0}, in;
    Error err = {0};
    const char *path = fixture_path("calibration.safetensors");
    calibration_store(from, &out);
    st_set(&out, "format", "test");
    cr_assert_eq(st_write(&out, path, &err), STATUS_OK, "%s", err.message);
    st_free(&out);
    cr_assert_eq(st_read(&in, path, true, &err), STATUS_OK, "%s", err.message);
    Status s = calibration_read(c, &in, bits, dim, path, &err);
    st_free(&in);
    return s;
}

Test(calibration, is_read_as_it_was_stored_and_refused_where_it_does_not_fit) {
    enum { DIM = 3 };
    int64_t pairs[MODALITIES][2][ROW];
    int64_t trained[2] = {calibration_hash("salt", "a", NULL), calibration_hash("salt", "b", NULL)};
    float range[MODALITIES][2][ROW] = {0};
    for (int m = 0; m < MODALITIES; m++)
        for (int d = 0; d < ROW; d++) range[m][1][d] = m ? 1 : 0.25F;
    float picture[2 * DIM] = {1, 0, 0, 0, 2, 0}, near[DIM] = {3, 0.01F, 0}, far[DIM] = {0, 0, 1};
    Rng rng = rng_stream(5, RNG_TEST, 2);
    make_pairs(&rng, pairs);
    if (trained[0] > trained[1])
        trained[0] = calibration_hash("salt", "b", NULL), trained[1] = calibration_hash("salt", "a", NULL);
    Calibration from = {.bits = BITS,
                        .dim = DIM,
                        .salt = "salt",
                        .trained = trained,
                        .n_trained = 2,
                        .pairs = &pairs[0][0][0],
                        .range = &range[0][0][0],
                        .groups = 7,
                        .usual = 5,
                        .picture = picture,
                        .n_pictures = 2,
                        .unlike = 0.5},
                c;
    cr_assert_eq(read_back(&from, BITS, DIM, &c), STATUS_OK);
    cr_assert_eq(memcmp(c.pairs, pairs, sizeof pairs), 0);
    cr_assert_eq(memcmp(c.range, range, sizeof range), 0);
    cr_assert_eq(calibration_bound(&c, MODALITY_TEXT, 4, 0), 0);
    cr_assert_eq(calibration_bound(&c, MODALITY_TEXT, 4, 1), 1);
    cr_assert_geq(calibration_bound(&c, MODALITY_IMAGE, 0, 1), calibration_share(&c, MODALITY_IMAGE, 0),
                  "a share lies within its range");
    cr_assert_eq(c.groups, 7);
    cr_assert_eq(c.usual, 5);
    cr_assert(calibration_trained_on(&c, "a", "x") == 1 && calibration_trained_on(&c, "b", NULL) == 1);
    cr_assert_eq(calibration_trained_on(&c, "c", NULL), 0);
    cr_assert(!calibration_is_unlike(&c, near) && calibration_is_unlike(&c, far));
    calibration_free(&c);
    cr_assert_eq(read_back(&from, BITS + 8, DIM, &c), STATUS_INPUT);
    calibration_free(&c);
    cr_assert_eq(read_back(&from, BITS, DIM + 1, &c), STATUS_INPUT);
    calibration_free(&c);
    range[1][0][3] = 1.5F;
    cr_assert_eq(read_back(&from, BITS, DIM, &c), STATUS_INPUT);
    calibration_free(&c);
    range[1][0][3] = 0;
    pairs[1][1][3] = pairs[1][0][3] + 1;
    cr_assert_eq(read_back(&from, BITS, DIM, &c), STATUS_INPUT);
    calibration_free(&c);
    Calibration nothing = {.bits = BITS, .dim = DIM};
    cr_assert_eq(read_back(&nothing, BITS, DIM, &c), STATUS_OK);
    cr_assert_eq(calibration_trained_on(&c, "a", NULL), -1);
    cr_assert(isnan(calibration_share(&c, 0, 0)) && !calibration_is_unlike(&c, far));
    calibration_free(&c);
}

/* ---- A trained model ---- */

Test(calibration, a_run_keeps_exactly_its_training_ids) {
    TinyRun t = tiny_run("tiny");
    char path[700], line[256];
    ModelFile f;
    Error err = {0};
    snprintf(path, sizeof path, "%s/split.tsv", t.run);
    FILE *split = fopen(path, "r");
    cr_assert_not_null(split);
    cr_assert_eq(model_open(&f, t.run, &err), STATUS_OK, "%s", err.message);
    int rows = 0, trained = 0;
    while (fgets(line, sizeof line, split)) {
        char id[64], set[64];
        if (sscanf(line, "%63s %63s", id, set) != 2 || strcmp(id, "id") == 0) continue;
        rows++;
        trained += strcmp(set, "train") == 0;
        cr_assert_eq(calibration_trained_on(&f.calibration, id, NULL), strcmp(set, "train") == 0, "%s", line);
    }
    cr_assert(rows == 60 && trained > 10, "%d rows, %d of training", rows, trained);
    cr_assert_eq(f.calibration.n_trained, trained);
    model_close(&f);
    fclose(split);
}

Test(calibration, a_training_case_has_the_id_and_the_report_of_one) {
    int64_t trained[1] = {calibration_hash("salt", "a", NULL)},
            reports[1] = {calibration_hash("salt", "a", "Liver: 12 mm cyst.")};
    Calibration from = {.bits = BITS,
                        .dim = 3,
                        .salt = "salt",
                        .trained = trained,
                        .reports = reports,
                        .n_trained = 1},
                c;
    cr_assert_eq(read_back(&from, BITS, 3, &c), STATUS_OK);
    cr_assert_eq(calibration_trained_on(&c, "a", "Liver: 12 mm cyst."), 1);
    cr_assert_eq(calibration_trained_on(&c, "a", "LIVER 12 mm, cyst"), 1, "by letters and digits");
    cr_assert_eq(calibration_trained_on(&c, "a", "Liver: 13 mm cyst."), 0, "another archive has this id too");
    cr_assert_eq(calibration_trained_on(&c, "a", NULL), 1, "a picture alone goes by its id");
    cr_assert_eq(calibration_trained_on(&c, "a", ""), 1);
    cr_assert_eq(calibration_trained_on(&c, "b", "Liver: 12 mm cyst."), 0);
    int alike = 0; /* a guessed report is not confirmed: one in 256 others has the same 8 bits */
    for (int i = 0; i < 25600; i++) {
        char report[32];
        snprintf(report, sizeof report, "guess %d", i);
        alike += calibration_trained_on(&c, "a", report);
    }
    cr_assert(alike > 50 && alike < 150, "%d", alike);
    calibration_free(&c);
    from.reports = NULL;
    cr_assert_eq(read_back(&from, BITS, 3, &c), STATUS_OK);
    cr_assert_eq(calibration_trained_on(&c, "a", "Liver: 13 mm cyst."), 1,
                 "a file without hashes of reports");
    calibration_free(&c);
}
