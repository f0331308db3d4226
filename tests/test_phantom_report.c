/* The phantom's reports: script, negations, sizes, variety. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/phantom/phantom_words.h"
#include "tests/check.h"
#include "tests/phantom_archive.h"

static int count_script(const char *s, int chinese) {
    int n = 0;
    for (; *s; s++) n += chinese ? ((unsigned char)*s & 0xF0) == 0xE0 : islower((unsigned char)*s) != 0;
    return n;
}

Test(phantom, each_language_writes_its_script) {
    PhantomArchive en, zh, mixed;
    archive_open(&en, 40, 32, PHANTOM_EN, 2);
    archive_open(&zh, 40, 32, PHANTOM_ZH, 2);
    archive_open(&mixed, 60, 32, PHANTOM_MIXED, 2);
    int kinds[4] = {0};
    for (int i = 0; i < 40; i++) {
        cr_assert_eq(count_script(en.manifest.cases[i].text, 1), 0);
        cr_assert_gt(count_script(en.manifest.cases[i].text, 0), 20);
        const char *text = zh.manifest.cases[i].text;
        cr_assert_gt(count_script(text, 1), 10);
        cr_assert_not_null(strstr(text, "。"));
        cr_assert_null(strstr(text, " "));
        cr_assert(!strpbrk(text, ",;:?!"), "half-width punctuation: %s", text);
    }
    for (int i = 0; i < 60; i++) {
        const char *text = mixed.manifest.cases[i].text;
        kinds[(count_script(text, 1) > 10) + 2 * (strchr(text, ' ') != NULL)]++;
    }
    cr_assert_eq(kinds[0], 0);
    cr_assert_gt(kinds[1], 10, "Chinese alone: %d", kinds[1]);
    cr_assert_gt(kinds[2], 10, "English alone: %d", kinds[2]);
    cr_assert_gt(kinds[3], 2, "both: %d", kinds[3]);
    archive_close(&en);
    archive_close(&zh);
    archive_close(&mixed);
}

/* `pattern` with `{x}` replaced. */
static void fill(char *to, size_t size, const char *pattern, const char *x) {
    const char *at = strstr(pattern, "{x}");
    cr_assert_not_null(at);
    snprintf(to, size, "%.*s%s%s", (int)(at - pattern), pattern, x, at + 3);
}

static int denies(const char *text, const PhantomWords *w, PhantomLabel label) {
    for (int f = 0; w->one_negation[f]; f++)
        for (int k = 0; w->absent[label][k]; k++) {
            char denial[256];
            fill(denial, sizeof denial, w->one_negation[f], w->absent[label][k]);
            if (strstr(text, denial + 1)) return 1; /* its first letter may be a capital */
        }
    return 0;
}

static int mentions(const char *text, const PhantomWords *w, PhantomLabel label) {
    for (int k = 0; w->absent[label][k]; k++)
        if (strstr(text, w->absent[label][k])) return 1;
    return 0;
}

/* The name of a finding predicts little: it occurs in reports that deny it, and is missing in reports that have it. */
static void check_words(PhantomLang lang, const PhantomWords *w) {
    enum { CASES = 240 };
    PhantomArchive a;
    archive_open(&a, CASES, 32, lang, 4);
    for (int l = PHANTOM_CYST; l < PHANTOM_LABELS; l++) {
        int present = 0, mentioned = 0, named_elsewhere = 0, denied = 0;
        for (int i = 0; i < CASES; i++) {
            const char *text = a.manifest.cases[i].text;
            int here = archive_has_label(&a.manifest, i, (PhantomLabel)l),
                named = mentions(text, w, (PhantomLabel)l);
            int no = denies(text, w, (PhantomLabel)l);
            cr_assert(!(here && no), "%s is there and denied: %s", phantom_label_name((PhantomLabel)l), text);
            present += here, mentioned += here && named, named_elsewhere += !here && named, denied += no;
        }
        cr_assert_gt(named_elsewhere, 4, "label %d", l);
        cr_assert_gt(denied, 2, "label %d", l);
        cr_assert_lt(mentioned, 0.9 * present, "label %d: %d of %d", l, mentioned, present);
    }
    archive_close(&a);
}

Test(phantom, english_reports_deny_what_is_absent_and_never_what_is_there) {
    check_words(PHANTOM_EN, &phantom_words_en);
}

Test(phantom, chinese_reports_deny_what_is_absent_and_never_what_is_there) {
    check_words(PHANTOM_ZH, &phantom_words_zh);
}

Test(phantom, reports_differ_and_tell_sizes_in_millimetres) {
    enum { CASES = 80, MOST = 2 * CASES };
    static PhantomTruth truth[MOST];
    PhantomArchive a;
    archive_open(&a, CASES, 32, PHANTOM_EN, 6);
    int n = archive_truth(&a, truth, MOST);
    for (int k = 0; k < n; k++) {
        const char *text = a.manifest.cases[manifest_find(&a.manifest, truth[k].id)].text;
        if (strcmp(truth[k].finding, "b_lines") == 0) continue;
        int tube = strcmp(truth[k].finding, "dilated_duct") == 0 || strcmp(truth[k].finding, "fluid") == 0;
        int told = 0, mm = (int)lround(tube ? truth[k].short_mm : truth[k].long_mm);
        for (int near = mm - 1; near <= mm + 1; near++) { /* truth.tsv holds rounded values */
            char number[32];
            snprintf(number, sizeof number, "%d %s", near, tube ? "mm" : "");
            told |= strstr(text, number) != NULL;
        }
        cr_assert(told, "%s of %d mm: %s", truth[k].finding, mm, text);
    }
    for (int i = 0; i < CASES; i++)
        for (int j = 0; j < i; j++)
            cr_assert(strcmp(a.manifest.cases[i].text, a.manifest.cases[j].text) != 0, "%d and %d", i, j);
    archive_close(&a);
}
