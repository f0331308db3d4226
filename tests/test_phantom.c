/* The phantom: equal bytes in two runs, the plan, pictures against their ground truth, refusals. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/phantom/phantom_scene.h"
#include "nn/base/alloc.h"
#include "nn/base/sys.h"
#include "tests/check.h"
#include "tests/phantom_archive.h"

/* ---- Determinism ---- */

Test(phantom, bytes_do_not_depend_on_threads) {
    PhantomArchive one, three;
    Pool *pool;
    Error err = {0};
    cr_assert_eq(pool_create(&pool, 3, &err), STATUS_OK);
    archive_write(&one, 40, 40, PHANTOM_MIXED, 7, NULL);
    archive_write(&three, 40, 40, PHANTOM_MIXED, 7, pool);
    cr_assert(archive_same_file(&one, &three, "manifest.tsv"));
    cr_assert(archive_same_file(&one, &three, "truth.tsv"));
    for (int i = 1; i <= 40; i++) {
        char name[64];
        snprintf(name, sizeof name, "images/case%04d.png", i);
        cr_assert(archive_same_file(&one, &three, name), "%s", name);
    }
    pool_free(pool);
    archive_remove(&one);
    archive_remove(&three);
}

Test(phantom, another_seed_gives_other_bytes) {
    PhantomArchive a, b;
    archive_write(&a, 4, 32, PHANTOM_EN, 1, NULL);
    archive_write(&b, 4, 32, PHANTOM_EN, 2, NULL);
    cr_assert(!archive_same_file(&a, &b, "manifest.tsv"));
    cr_assert(!archive_same_file(&a, &b, "images/case0001.png"));
    archive_remove(&a);
    archive_remove(&b);
}

Test(phantom, language_does_not_move_the_pictures) {
    PhantomArchive a, b;
    archive_write(&a, 4, 32, PHANTOM_EN, 1, NULL);
    archive_write(&b, 4, 32, PHANTOM_ZH, 1, NULL);
    cr_assert(!archive_same_file(&a, &b, "manifest.tsv"));
    cr_assert(archive_same_file(&a, &b, "truth.tsv"));
    cr_assert(archive_same_file(&a, &b, "images/case0004.png"));
    archive_remove(&a);
    archive_remove(&b);
}

/* ---- Plan ---- */

Test(phantom, plan_balances_labels_and_keeps_normal_alone) {
    enum { CASES = 600 };
    static PhantomCase cases[CASES];
    phantom_plan(cases, CASES, 1);
    int held[PHANTOM_LABELS] = {0}, pairs = 0;
    for (int i = 0; i < CASES; i++) {
        const PhantomCase *c = &cases[i];
        cr_assert(c->findings <= 2);
        if (c->findings == 0) held[PHANTOM_NORMAL]++;
        for (int k = 0; k < c->findings; k++) {
            cr_assert(c->finding[k] != PHANTOM_NORMAL);
            cr_assert_gt(phantom_weight(c->finding[k], c->organ), 0);
            held[c->finding[k]]++;
        }
        if (c->findings == 2) {
            cr_assert(c->finding[0] != c->finding[1]);
            pairs++;
        }
    }
    cr_assert_gt(pairs, CASES / 10);
    for (int l = 1; l < PHANTOM_LABELS; l++) cr_assert(abs(held[l] - held[0]) <= 8, "label %d", l);
}

Test(phantom, a_patient_keeps_organ_and_findings_over_one_to_four_views) {
    enum { CASES = 200 };
    static PhantomCase cases[CASES];
    phantom_plan(cases, CASES, 3);
    int patients_with[5] = {0}, views = 1;
    for (int i = 1; i <= CASES; i++) {
        if (i < CASES && cases[i].patient == cases[i - 1].patient) {
            cr_assert_eq(cases[i].organ, cases[i - 1].organ);
            cr_assert_eq(cases[i].findings, cases[i - 1].findings);
            cr_assert_eq(cases[i].view, cases[i - 1].view + 1);
            views++;
            continue;
        }
        cr_assert(views <= 4);
        patients_with[views]++;
        views = 1;
    }
    for (int v = 1; v <= 4; v++) cr_assert_gt(patients_with[v], 5, "%d views", v);
}

Test(phantom, no_organ_gives_its_finding_away) {
    for (int o = 0; o < PHANTOM_ORGANS; o++) {
        int kinds = 0;
        for (int l = 0; l < PHANTOM_LABELS; l++)
            kinds += phantom_weight((PhantomLabel)l, (PhantomOrgan)o) > 0;
        cr_assert_gt(kinds, 4, "%s", phantom_organ_name((PhantomOrgan)o));
    }
    for (int l = 0; l < PHANTOM_B_LINES; l++) {
        int organs = 0;
        for (int o = 0; o < PHANTOM_ORGANS; o++)
            organs += phantom_weight((PhantomLabel)l, (PhantomOrgan)o) > 0;
        cr_assert_gt(organs, 4, "%s", phantom_label_name((PhantomLabel)l));
    }
}

/* ---- Pictures and truth ---- */

Test(phantom, all_labels_and_organs_occur_and_truth_agrees_with_the_manifest) {
    enum { CASES = 120, MOST = 2 * CASES };
    static PhantomTruth truth[MOST];
    PhantomArchive a;
    archive_open(&a, CASES, 32, PHANTOM_EN, 5);
    const Manifest *m = &a.manifest;
    cr_assert_eq(m->n_labels, PHANTOM_LABELS);
    int n = archive_truth(&a, truth, MOST), from_manifest = 0, from_truth = 0, organs = 0;
    for (int i = 0; i < CASES; i++)
        for (int l = PHANTOM_CYST; l < PHANTOM_LABELS; l++)
            from_manifest += archive_has_label(m, i, (PhantomLabel)l);
    for (int k = 0; k < n; k++) {
        int i = manifest_find(m, truth[k].id), label = PHANTOM_CYST;
        cr_assert(i >= 0);
        cr_assert_str_eq(m->group_names[m->cases[i].group], truth[k].group);
        while (label < PHANTOM_LABELS &&
               strcmp(truth[k].finding, phantom_label_name((PhantomLabel)label)) != 0)
            label++;
        cr_assert(archive_has_label(m, i, (PhantomLabel)label), "%s has no %s", truth[k].id,
                  truth[k].finding);
        from_truth++;
    }
    cr_assert_eq(from_truth, from_manifest);
    for (int o = 0; o < PHANTOM_ORGANS; o++)
        for (int k = 0; k < n; k++)
            if (strcmp(truth[k].organ, phantom_organ_name((PhantomOrgan)o)) == 0) {
                organs++;
                break;
            }
    cr_assert_eq(organs, PHANTOM_ORGANS);
    archive_close(&a);
}

static double mean_gray(const Image *im, int left, int top, int right, int bottom) {
    double sum = 0;
    int n = 0;
    for (int y = top < 0 ? 0 : top; y <= bottom && y < im->height; y++)
        for (int x = left < 0 ? 0 : left; x <= right && x < im->width; x++)
            sum += im->pixel[y * im->width + x], n++;
    return n ? sum / n : 0;
}

/* The picture must show the findings of truth.tsv: cysts are dark inside, stones bright over their shadow (one in ten may be at
 * the edge of the field), and a finding spans at least 8 % of the picture. */
Test(phantom, findings_are_where_truth_says) {
    enum { CASES = 96, MOST = 2 * CASES, SIZE = 64 };
    static PhantomTruth truth[MOST];
    PhantomArchive a;
    archive_open(&a, CASES, SIZE, PHANTOM_EN, 9);
    int n = archive_truth(&a, truth, MOST), cysts = 0, stones = 0, dark = 0, shadows = 0;
    for (int k = 0; k < n; k++) {
        const PhantomTruth *t = &truth[k];
        Image im = archive_image(&a.manifest.cases[manifest_find(&a.manifest, t->id)]);
        cr_assert_eq(im.width, SIZE);
        cr_assert_eq(im.height, SIZE);
        cr_assert(t->left >= 0 && t->right < SIZE && t->top >= 0 && t->bottom < SIZE);
        cr_assert(t->right - t->left + 1 >= 0.08 * SIZE, "%s %s", t->id, t->finding);
        int x = (t->left + t->right) / 2, y = (t->top + t->bottom) / 2;
        int w = (t->right - t->left) / 4, h = (t->bottom - t->top) / 4;
        if (strcmp(t->finding, "cyst") == 0) {
            cysts++;
            dark += mean_gray(&im, x - w, y - h, x + w, y + h) < 25;
        }
        if (strcmp(t->finding, "stone") == 0) {
            stones++;
            double focus = mean_gray(&im, x - w, t->top, x + w, y),
                   below = mean_gray(&im, x - w, t->bottom + 3, x + w, t->bottom + 9);
            shadows += below < 30 && focus > below + 60;
        }
        image_free(&im);
    }
    cr_assert_gt(cysts, 8);
    cr_assert_gt(stones, 8);
    cr_assert_eq(dark, cysts);
    cr_assert(shadows >= stones * 0.9, "%d of %d stones", shadows, stones);
    archive_close(&a);
}

/* Average precision of the other cases of row `query`, nearest first. */
static double average_precision(const Manifest *m, const double *distance, int query) {
    double sum = 0;
    int relevant = 0;
    for (int i = 0; i < m->n; i++) {
        int shares = 0, before = 1, hits = 1;
        for (int l = 0; l < m->n_labels; l++)
            shares |= m->labels[i * m->n_labels + l] && m->labels[query * m->n_labels + l];
        if (i == query || !shares) continue;
        for (int j = 0; j < m->n; j++) {
            if (j == query || j == i || distance[j] >= distance[i]) continue;
            int also = 0;
            for (int l = 0; l < m->n_labels; l++)
                also |= m->labels[j * m->n_labels + l] && m->labels[query * m->n_labels + l];
            before++, hits += also;
        }
        relevant++;
        sum += (double)hits / before;
    }
    return relevant ? sum / relevant : 0;
}

/* Pictures of a patient look alike; a search by pixels must still not find the findings. */
Test(phantom, raw_pixels_do_not_find_the_findings) {
    enum { CASES = 160, SIZE = 48, PIXELS = SIZE * SIZE };
    static double pixel[CASES][PIXELS], distance[CASES];
    PhantomArchive a;
    archive_open(&a, CASES, SIZE, PHANTOM_EN, 1);
    for (int i = 0; i < CASES; i++) {
        Image im = archive_image(&a.manifest.cases[i]);
        double norm = 0;
        for (int p = 0; p < PIXELS; p++) norm += (double)im.pixel[p] * im.pixel[p];
        for (int p = 0; p < PIXELS; p++) pixel[i][p] = im.pixel[p] / sqrt(norm);
        image_free(&im);
    }
    double map = 0;
    for (int q = 0; q < CASES; q++) {
        for (int i = 0; i < CASES; i++) {
            distance[i] = 1;
            for (int p = 0; p < PIXELS; p++) distance[i] -= pixel[q][p] * pixel[i][p];
        }
        map += average_precision(&a.manifest, distance, q) / CASES;
    }
    cr_log_info("MAP of raw pixels: %.3f", map);
    cr_assert_lt(map, 0.5);
    cr_assert_gt(map, 0.1);
    archive_close(&a);
}

/* ---- Refusals ---- */

Test(phantom, options_out_of_range_are_refused) {
    const PhantomOptions wrong[] = {{0, 96, PHANTOM_EN, 1, NULL},
                                    {PHANTOM_MAX_CASES + 1, 96, PHANTOM_EN, 1, NULL},
                                    {10, PHANTOM_MIN_SIZE - 1, PHANTOM_EN, 1, NULL},
                                    {10, PHANTOM_MAX_SIZE + 1, PHANTOM_EN, 1, NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error err = {0};
        cr_assert_eq(phantom_write("/nowhere", &wrong[i], NULL, NULL, &err), STATUS_USAGE);
        cr_assert_not_null(strstr(err.message, "expected"));
    }
}

Test(phantom, another_data_sets_manifest_is_not_overwritten) {
    PhantomArchive a = {.options = {.cases = 2, .size = 32, .lang = PHANTOM_EN, .seed = 1}};
    archive_make_dir(&a);
    char *manifest = archive_path(&a, "manifest.tsv");
    Error err = {0};
    cr_assert_eq(file_write(manifest, "mine", 4, &err), STATUS_OK);
    cr_assert_eq(phantom_write(a.dir, &a.options, NULL, NULL, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "truth.tsv"));
    unsigned char *data;
    size_t size;
    cr_assert_eq(file_read(manifest, 100, &data, &size, &err), STATUS_OK);
    cr_assert_str_eq((char *)data, "mine");
    mem_free(data);
    unlink(manifest);
    mem_free(manifest);
    cr_assert_eq(rmdir(a.dir), 0);
}

Test(phantom, its_own_archive_is_replaced) {
    PhantomArchive a, b;
    archive_write(&a, 3, 32, PHANTOM_EN, 1, NULL);
    archive_write(&b, 3, 32, PHANTOM_EN, 2, NULL);
    Error err = {0};
    cr_assert_eq(phantom_write(a.dir, &b.options, NULL, NULL, &err), STATUS_OK, "%s", err.message);
    cr_assert(archive_same_file(&a, &b, "manifest.tsv"));
    archive_remove(&a);
    archive_remove(&b);
}

/* The n-th request for memory, then the n-th system call, fails: the result is an error, no manifest and no other file. */
Test(phantom, memory_or_disk_that_runs_out_leaves_no_manifest) {
    int failed = 0;
    for (int disk = 0; disk < 2; disk++)
        for (long n = 1; n < 400; n++) {
            PhantomArchive a = {.options = {.cases = 2, .size = 32, .lang = PHANTOM_MIXED, .seed = 1}};
            archive_make_dir(&a);
            Error err = {0};
            if (disk)
                sys_fail_at(n, ENOSPC, 1);
            else
                mem_fail_at(n, 1);
            Status s = phantom_write(a.dir, &a.options, NULL, NULL, &err);
            sys_fail_at(0, 0, 0);
            mem_fail_at(0, 0);
            char *manifest = archive_path(&a, "manifest.tsv");
            if (s != STATUS_OK) {
                cr_assert_eq(s, STATUS_IO, "disk %d, n %ld: status %d, %s", disk, n, (int)s, err.message);
                cr_assert(!path_exists(manifest), "disk %d, n %ld", disk, n);
                cr_assert_gt(strlen(err.message), 5);
                failed++;
            }
            mem_free(manifest);
            archive_remove(&a);
            if (s == STATUS_OK) break;
        }
    cr_assert_gt(failed, 20);
}
