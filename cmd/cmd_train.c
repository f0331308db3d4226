#include <stdio.h>
#include <string.h>

#include "cmd/pages/train_explain.h"
#include "cmd/verbs.h"
#include "nn/base/parts.h"
#include "train/run.h"

static const Option OPTIONS[] = {
    {"data", 'd', "MANIFEST", NULL,
     "cases to learn from: TSV or JSON Lines with id, image, text, labels, group", NEEDED},
    {"out", 'o', "RUN", NULL, "directory of the run", NEEDED},
    {"bits", 'b', "N", "64", "length of a code; a multiple of 8 from 16 to 1024", PLAIN},
    {"seed", 0, "N", "1", "of weights, order and augmentation", PLAIN},
    {"split-seed", 0, "N", "1", "of the split into train, validation, query and database", PLAIN},
    {"config", 'c', "FILE", NULL, "settings, such as an earlier run's config.txt", PLAIN},
    {"set", 's', "KEY=VALUE", NULL, "one setting; may be given more than once", MANY},
    {"ablate", 0, "NAME", NULL, "leave a part out; --list-settings names them", PLAIN},
    {"stage1", 0, "RUN", NULL, "take stage 1 over from another run with the same split", PLAIN},
    {"resume", 'r', NULL, NULL, "go on from the run's checkpoint", PLAIN},
    {"skip-bad", 0, NULL, NULL, "leave bad rows of the manifest out and go on", PLAIN},
    {"allow-outside", 0, NULL, NULL, "allow images outside the manifest's folder", PLAIN},
    {"mask-labels", 0, NULL, NULL, "remove label words from the texts", PLAIN},
    {"mask-words", 0, "FILE", NULL, "remove these words or phrases, one a line, from the texts", PLAIN},
    {"explain", 0, NULL, NULL,
     "train nothing: follow one batch through both stages, op by op, with the weights of RUN where it is "
     "trained "
     "(--data is not needed then), else with initial ones",
     ALONE},
    {"case", 0, "ID", NULL, "with --explain: the training case to follow [the first of the first batch]",
     PLAIN},
    {"html", 0, "FILE", NULL, "with --explain: where the page goes [RUN/explain.html]", PLAIN},
    {"list-settings", 0, NULL, NULL, "print every setting with default, range and meaning", ALONE},
    OPTION_THREADS,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_END};

static void list_settings(void) {
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const ConfigOption *o = &CONFIG_TABLE[i];
        printf("%-22s %-8g %g..%g  %s\n", o->name, o->standard, o->low, o->high, o->meaning);
    }
    printf("\nablations:\n");
    for (const Ablation *a = ABLATIONS; a->name; a++) printf("%-22s %s\n", a->name, a->meaning);
}

/* --config first, then --bits, --seed and --split-seed where given, then --set in order, then --ablate. */
static Status settle(const Args *a, Config *c, Error *err) {
    config_default(c);
    if (args_get(a, "config")) TRY(config_read(c, args_get(a, "config"), err));
    if (args_has(a, "bits")) TRY(config_set(c, "bits", args_get(a, "bits"), err));
    if (args_has(a, "seed")) TRY(config_set(c, "seed", args_get(a, "seed"), err));
    if (args_has(a, "split-seed")) TRY(config_set(c, "split_seed", args_get(a, "split-seed"), err));
    for (int i = 0; args_many(a, "set", i); i++) TRY(config_assign(c, args_many(a, "set", i), err));
    if (args_has(a, "mask-labels")) c->mask_labels = 1;
    if (args_get(a, "ablate")) TRY(config_ablate(c, args_get(a, "ablate"), err));
    return config_check(c, err);
}

static ManifestOptions manifest_options(const Args *a) {
    return (ManifestOptions){.skip_bad = args_has(a, "skip-bad"),
                             .allow_outside = args_has(a, "allow-outside"),
                             .need_labels = true,
                             .mask_words = args_get(a, "mask-words")};
}

static Status explain(Args *a, const Config *c, Error *err) {
#if PART_PAGES
    ManifestOptions o = manifest_options(a);
    return train_explain(a, c, &o, err);
#else
    (void)a, (void)c;
    return error_set(err, STATUS_USAGE, "msach train: --explain: " PART_ABSENT("pages"));
#endif
}

static Status run(Args *a, Error *err) {
    if (args_has(a, "list-settings")) {
        list_settings();
        return STATUS_OK;
    }
    Config c;
    TRY(settle(a, &c, err));
    TRY(args_pool(a, err));
    if (args_has(a, "explain")) return explain(a, &c, err);
    if (args_has(a, "case") || args_has(a, "html"))
        return error_set(err, STATUS_USAGE, "msach train: --case and --html go with --explain");
    Buffer command = {0};
    RunOptions o = {.data = args_get(a, "data"),
                    .out = args_get(a, "out"),
                    .stage1 = args_get(a, "stage1"),
                    .resume = args_has(a, "resume"),
                    .stop = &cmd_stop,
                    .manifest = manifest_options(a),
                    .command = args_command(a, &command)};
    RunEnd end = RUN_FINISHED;
    Status s = run_train(&o, &c, a->pool, &a->log, &end, err);
    buffer_free(&command);
    TRY(s);
    if (end == RUN_STOPPED) {
        log_line(&a->log,
                 "stopped and saved; the same command with --resume goes on:\n  msach train --data %s --out "
                 "%s --config %s/config.txt --resume",
                 o.data, o.out, o.out);
        return STATUS_OK;
    }
    if (end == RUN_WAS_FINISHED) log_line(&a->log, "%s: the run is finished already; nothing to do", o.out);
    printf("%s\n", o.out);
    return STATUS_OK;
}

const Verb VERB_TRAIN = {"train",
                         "learn codes from pairs of images and reports (both stages)",
                         "msach train --data phantoms/manifest.tsv --out runs/first --bits 64",
                         NULL,
                         OPTIONS,
                         run,
                         "`msach train --list-settings` prints every setting and ablation.",
                         STOP_ITSELF};
