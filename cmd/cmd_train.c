#include <stdio.h>

#include "cmd/pages/train_explain.h"
#include "cmd/train_estimate.h"
#include "cmd/train_resume.h"
#include "cmd/verbs.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "train/run.h"

static const Option OPTIONS[] = {
    {"data", 'd', "MANIFEST", NULL,
     PART_JSON ? "training cases: TSV or JSON Lines with id, image, text, labels, group"
               : "training cases: TSV with id, image, text, labels, group",
     NEEDED},
    {"out", 'o', "RUN", NULL, "directory of the run", NEEDED},
    {"bits", 'b', "N", "64", "code length: a multiple of 8 from 16 to 1024", PLAIN},
    {"seed", 0, "N", "1", "seed of weights, order and augmentation", PLAIN},
    {"split-seed", 0, "N", "1", "seed of the split into train, validation, query and database", PLAIN},
    OPTION_CONFIG,
    {"set", 's', "KEY=VALUE", NULL, "one setting; may be given more than once", MANY},
    {"ablate", 0, "NAME", NULL, "train without one part; --list-settings lists the names", OF(PART_VARIANTS)},
    {"stage1", 0, "RUN", NULL, "copy the weights of stage 1 from another run with the same split",
     OF(PART_RESUME)},
    {"init", 0, "RUN", NULL, "stage 1 starts from the convolutions of another run, of any archive",
     OF(PART_RESUME)},
    {"resume", 'r', NULL, NULL, "continue from the checkpoint of the run", OF(PART_RESUME)},
    OPTION_IMAGE_FEATURES,
    OPTION_TEXT_FEATURES,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    {"mask-labels", 0, NULL, NULL, "remove label words from the texts", OF(PART_MASK)},
    OPTION_MASK_WORDS,
    {"explain", 0, NULL, NULL,
     "do not train: follow one batch through both stages, op by op. Weights come from RUN if it is trained "
     "(then without --data); otherwise they are the initial ones",
     ALONE | OF(PART_PAGES)},
    {"case", 0, "ID", NULL, "with --explain: the training case to follow [the first of the first batch]",
     OF(PART_PAGES)},
    {"step", 0, "N", NULL,
     "with --explain of a trained run: the N-th step of stage 2, as it was trained; the steps before it run "
     "again",
     OF(PART_PAGES)},
    {"html", 0, "FILE.html", NULL, "with --explain: the page [RUN/explain.html]", OF(PART_PAGES) | WRITES},
    {"estimate", 0, NULL, NULL, "do not train: print time, memory and disk that it will take",
     ALONE | OF(PART_BENCH)},
    {"list-settings", 0, NULL, NULL, "print every setting with default, range and meaning", ALONE},
    OPTION_THREADS,
    OPTION_LAST};

static void list_settings(void) {
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const ConfigOption *o = &CONFIG_TABLE[i];
        printf("%-22s %-8g %g..%g  %s\n", o->name, o->standard, o->low, o->high, o->meaning);
    }
    if (PART_VARIANTS) printf("\nablations:\n");
    for (const Ablation *a = PART_VARIANTS ? ABLATIONS : NULL; a && a->name; a++)
        printf("%-22s %s\n", a->name, a->meaning);
}

/* --mask-labels and --ablate come after all settings. */
static Status read_config(const Args *a, Config *c, Error *err) {
    static const char *const same[] = {"bits", "seed", "split-seed", NULL};
    TRY(args_config(a, c, same, err));
    if (args_has(a, "mask-labels")) c->mask_labels = 1;
    if (PART_VARIANTS && args_get(a, "ablate")) TRY(config_ablate(c, args_get(a, "ablate"), err));
    if (PART_RESUME && args_has(a, "resume")) TRY(train_keep_config(a, c, err));
    return config_check(c, err);
}

static Status run(Args *a, Error *err) {
    if (args_has(a, "list-settings")) {
        list_settings();
        return STATUS_OK;
    }
    Config c;
    TRY(read_config(a, &c, err));
    TRY(args_pool(a, err));
    if (args_has(a, "explain") && (args_has(a, "image-features") || args_has(a, "text-features")))
        return args_wrong(a, err, "--explain follows the networks of msach; leave out the features");
#if PART_PAGES
    if (args_has(a, "explain")) return train_explain(a, &c, err);
#endif
    if (PART_BENCH && args_has(a, "estimate")) return train_estimate(a, &c, err);
    if (args_has(a, "case") || args_has(a, "html") || args_has(a, "step"))
        return args_wrong(a, err, "--case, --step and --html require --explain");
    Buffer command = {0};
    RunOptions o = {.data = args_get(a, "data"),
                    .out = args_get(a, "out"),
                    .stage1 = args_get(a, "stage1"),
                    .init = args_get(a, "init"),
                    .resume = args_has(a, "resume"),
                    .stop = &cmd_stop,
                    .manifest = args_manifest(a),
                    .command = PART_PAGES ? args_command(a, &command) : NULL};
    RunEnd end = RUN_FINISHED;
    o.manifest.need_labels = true;
    Status s =
        command.failed ? mem_error(err, "the command") : run_train(&o, &c, a->pool, &a->log, &end, err);
    buffer_free(&command);
    TRY(s);
    if (end == RUN_STOPPED) {
        log_line(&a->log,
                 "stopped and saved; to continue, add --resume to the same command:\n  msach train --data %s "
                 "--out %s --config %s/config.txt --resume",
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
                         PART_VARIANTS ? "`msach train --list-settings` prints every setting and ablation."
                                       : NULL,
                         STOP_ITSELF};
