#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/safetensors.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "train/config.h"
#include "train/model_file.h"
#include "train/terms.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Test(config, defaults_lie_in_their_ranges_and_agree_with_each_other) {
    Config c;
    Error err = {0};
    config_default(&c);
    cr_assert_eq(config_check(&c, &err), STATUS_OK, "%s", err.message);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const ConfigOption *o = &CONFIG_TABLE[i];
        cr_assert(o->standard >= o->low && o->standard <= o->high, "%s", o->name);
        cr_assert(isnan(o->before) || (o->before >= o->low && o->before <= o->high), "%s", o->name);
        cr_assert_eq(config_number(&c, o->name), o->standard, "%s", o->name);
    }
}

Test(config, every_setting_has_a_scope_and_what_it_is_named_after_agrees_with_it) {
    int count[SCOPE_RESOURCES + 1] = {0};
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const ConfigOption *o = &CONFIG_TABLE[i];
        cr_assert(o->scope <= SCOPE_RESOURCES, "%s", o->name);
        count[o->scope]++;
        if (strncmp(o->name, "stage1_", 7) == 0) cr_assert_eq(o->scope, SCOPE_STAGE1, "%s", o->name);
        if (strncmp(o->name, "stage2_", 7) == 0) cr_assert_eq(o->scope, SCOPE_STAGE2, "%s", o->name);
        if (strstr(o->name, "_mib")) cr_assert_eq(o->scope, SCOPE_RESOURCES, "%s", o->name);
        for (int k = 0; k < TERM_COUNT; k++)
            if (TERMS[k].weight && strcmp(TERMS[k].weight, o->name) == 0)
                cr_assert_eq(o->scope, TERMS[k].stage == 1 ? SCOPE_STAGE1 : SCOPE_STAGE2, "%s", o->name);
    }
    for (int scope = 0; scope <= SCOPE_RESOURCES; scope++) cr_assert_gt(count[scope], 0, "scope %d", scope);
}

Test(config, every_weight_of_a_term_is_a_setting) {
    for (int i = 0; i < TERM_COUNT; i++) {
        const LossTerm *term = &TERMS[i];
        cr_assert(term->name && term->symbol && term->equation && term->compute, "term %d", i);
        cr_assert(term->stage == 1 || term->stage == 2, "%s", term->name);
        bool found = !term->weight;
        for (int k = 0; !found && k < CONFIG_COUNT; k++)
            found = strcmp(CONFIG_TABLE[k].name, term->weight) == 0 && CONFIG_TABLE[k].type == OPTION_REAL &&
                    CONFIG_TABLE[k].low == 0;
        cr_assert(found, "%s: its weight %s is no setting from 0 on", term->name, term->weight);
        for (int k = 0; k < i; k++) cr_assert_str_neq(term->name, TERMS[k].name);
    }
}

Test(config, a_byte_order_mark_before_the_first_setting_is_skipped) {
    Config c;
    Error err = {0};
    config_default(&c);
    cr_assert_eq(config_read(&c,
                             fixture_text("marked.txt", "\xEF\xBB\xBF"
                                                        "bits = 128\r\nseed = 7\n"),
                             &err),
                 STATUS_OK, "%s", err.message);
    cr_assert_eq(c.bits, 128);
    cr_assert_eq(c.seed, 7);
}

Test(config, a_mistyped_setting_names_the_nearest) {
    Config c;
    Error err = {0};
    config_default(&c);
    cr_assert_eq(config_assign(&c, "stage1_epoch=3", &err), STATUS_USAGE);
    cr_assert(strstr(err.message, "stage1_epochs") != NULL, "%s", err.message);
}

Test(config, values_out_of_range_or_not_whole_are_refused) {
    Config c;
    Error err = {0};
    config_default(&c);
    cr_assert_eq(config_set(&c, "bits", "2048", &err), STATUS_USAGE);
    cr_assert_eq(config_set(&c, "bits", "16.5", &err), STATUS_USAGE);
    cr_assert_eq(config_set(&c, "tau", "nan", &err), STATUS_USAGE);
    cr_assert_eq(config_set(&c, "tau", "", &err), STATUS_USAGE);
    cr_assert_eq(config_assign(&c, "=3", &err), STATUS_USAGE);
    cr_assert_eq(config_set(&c, "bits", "24", &err), STATUS_OK);
    c.bits = 20;
    cr_assert_eq(config_check(&c, &err), STATUS_USAGE);
}

Test(config, what_is_written_is_read_back_exactly) {
    Config a, b;
    Error err = {0};
    config_default(&a);
    a.tau = 0.1234567890123;
    a.noise = 0.1 + 0.2; /* needs 17 digits */
    a.bits = 128;
    const char *path = fixture_path("config.txt");
    cr_assert_eq(config_write(&a, "/somewhere/manifest.tsv", path, &err), STATUS_OK);
    config_default(&b);
    cr_assert_eq(config_read(&b, path, &err), STATUS_OK, "%s", err.message);
    cr_assert(memcmp(&a, &b, sizeof a) == 0);
    char *data;
    cr_assert_eq(config_data(path, &data, &err), STATUS_OK);
    cr_assert_str_eq(data, "/somewhere/manifest.tsv");
    mem_free(data);
}

Test(config, a_bad_line_of_a_file_is_named_by_file_and_line) {
    Config c;
    Error err = {0};
    config_default(&c);
    const char *path = fixture_text("bad.txt", "# fine\nbits = 32\nbitss = 3\n");
    cr_assert_eq(config_read(&c, path, &err), STATUS_INPUT);
    cr_assert(strstr(err.message, "bad.txt:3:") != NULL, "%s", err.message);
}

Test(config, every_ablation_changes_something_and_leaves_a_valid_configuration) {
    for (const Ablation *a = ABLATIONS; a->name; a++) {
        Config c, full;
        Error err = {0};
        config_default(&c);
        config_default(&full);
        cr_assert_eq(config_ablate(&c, a->name, &err), STATUS_OK);
        cr_assert_eq(config_check(&c, &err), STATUS_OK, "%s: %s", a->name, err.message);
        cr_assert_eq(memcmp(&c, &full, sizeof c) == 0, strcmp(a->name, "full") == 0, "%s", a->name);
    }
}

Test(config, the_text_of_an_ablation_is_read_as_settings_are) {
    for (const Ablation *a = ABLATIONS; a->name; a++) {
        Config c, by_hand;
        Error err = {0};
        char text[256], *rest = text;
        cr_assert_lt(strlen(a->settings), sizeof text);
        config_default(&c);
        config_default(&by_hand);
        cr_assert_eq(config_ablate(&c, a->name, &err), STATUS_OK);
        snprintf(text, sizeof text, "%s", a->settings);
        for (char *one = strtok_r(text, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
            cr_assert_eq(config_assign(&by_hand, one, &err), STATUS_OK, "%s: %s", a->name, err.message);
        cr_assert(memcmp(&c, &by_hand, sizeof c) == 0, "%s", a->name);
    }
}

Test(config, ablations_of_stage_2_share_stage_1_and_the_others_do_not) {
    for (const Ablation *a = ABLATIONS; a->name; a++)
        cr_assert_eq(ablation_retrains(a),
                     strcmp(a->name, "no-subwords") == 0 || strcmp(a->name, "end-to-end") == 0, "%s",
                     a->name);
}

Test(config, an_unknown_ablation_names_the_nearest) {
    Config c;
    Error err = {0};
    config_default(&c);
    cr_assert_eq(config_ablate(&c, "no-balanse", &err), STATUS_USAGE);
    cr_assert(strstr(err.message, "no-balance") != NULL, "%s", err.message);
}

/* ---- Files of older builds ---- */

Test(config, the_file_of_an_older_run_takes_what_its_build_did_and_any_other_file_the_default) {
    static const struct {
        const char *text;
        double posterior;
    } file[] = {{"# of a run\ndata = a.tsv\nbits = 32\n", 0},
                {"# of a run\ndata = a.tsv\nposterior = 0.25\n", 0.25},
                {"# by hand\nbits = 32\n", 0.5}};
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        Config c;
        Error err = {0};
        config_default(&c);
        cr_assert_eq(config_read(&c, fixture_text("config.txt", file[i].text), &err), STATUS_OK, "%s",
                     err.message);
        cr_assert_eq(c.posterior, file[i].posterior, "file %zu", i);
    }
}

Test(config, the_model_of_an_older_build_that_lacks_a_later_setting_is_read) {
    TinyRun t = tiny_run("tiny");
    char *path = path_join(t.run, "model.safetensors");
    StFile f;
    ModelFile m;
    Error err = {0};
    cr_assert_eq(st_read(&f, path, true, &err), STATUS_OK, "%s", err.message);
    int renamed = 0;
    for (size_t i = 0; i < f.n_meta; i++)
        if (strcmp(f.meta[i].key, "posterior") == 0) f.meta[i].key[0] = 'x', renamed++;
    cr_assert_eq(renamed, 1);
    const char *older = fixture_path("older.safetensors");
    cr_assert_eq(st_write(&f, older, &err), STATUS_OK, "%s", err.message);
    st_free(&f);
    cr_assert_eq(model_open(&m, older, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(m.config.posterior, 0);
    model_close(&m);
    mem_free(path);
}
