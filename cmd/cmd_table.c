#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/verbs.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"
#include "train/table/table.h"

static const Option OPTIONS[] = {
    {"data", 'd', "MANIFEST", NULL, "a data set; may be given more than once", MANY | NEEDED},
    {"out", 'o', "DIR", NULL, "folder of the table; the same folder goes on where it was stopped", NEEDED},
    {"bits", 'b', "N,N..", "16,32,64,128", "lengths; 64 (or else the first) gets all rows", PLAIN},
    {"seeds", 0, "N", "5", "split seeds 1 to N at the main length", PLAIN},
    {"lengths-seeds", 0, "N", "1", "split seeds of the other lengths and of the extra splits", PLAIN},
    {"only", 0, "PART,PART..", NULL,
     "of main, ablations, lengths, dcmh, masked, unseen, retrained, raw-lengths: these now, others by a "
     "later call",
     PLAIN},
    {"quick", 0, NULL, NULL, "64 bits, one split seed, no retrained ablations, no extra splits", PLAIN},
    {"mask-words", 0, "FILE", NULL,
     "words or phrases, one a line, that the masked split lacks beside those of the labels", PLAIN},
    {"config", 'c', "FILE", NULL, "settings, such as a run's config.txt", PLAIN},
    {"set", 's', "KEY=VALUE", NULL, "one setting of the training; may be given more than once", MANY},
    {"skip-bad", 0, NULL, NULL, "leave bad rows of the manifests out and go on", PLAIN},
    {"allow-outside", 0, NULL, NULL, "allow images outside the manifest's folder", PLAIN},
    OPTION_THREADS,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_END};

static Status read_bits(const Args *a, TableOptions *o, Error *err) {
    if (args_has(a, "quick") && !args_has(a, "bits")) {
        o->bits[o->n_bits++] = 64;
        return STATUS_OK;
    }
    for (const char *s = args_get(a, "bits"); *s;) {
        char *end;
        long bits = strtol(s, &end, 10);
        if (end == s || (*end && *end != ',') || bits < 16 || bits > 1024 || bits % 8)
            return error_set(err, STATUS_USAGE,
                             "msach table: --bits %s: lengths are multiples of 8 from 16 to 1024, parted by "
                             "commas",
                             args_get(a, "bits"));
        if (o->n_bits == TABLE_BITS)
            return error_set(err, STATUS_USAGE, "msach table: --bits: at most %d lengths", TABLE_BITS);
        for (int i = 0; i < o->n_bits; i++)
            if (o->bits[i] == bits)
                return error_set(err, STATUS_USAGE, "msach table: --bits: %ld is there twice", bits);
        o->bits[o->n_bits++] = (int)bits;
        s = *end ? end + 1 : end;
    }
    return o->n_bits ? STATUS_OK : error_set(err, STATUS_USAGE, "msach table: --bits needs a length");
}

static Status read_parts(const Args *a, TableOptions *o, Error *err) {
    char name[32];
    for (const char *s = args_get(a, "only"); s && *s;) {
        size_t n = strcspn(s, ",");
        int part = 0;
        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), s);
        while (part < TABLE_PARTS && strcmp(name, TABLE_PART_NAMES[part]) != 0) part++;
        if (part == TABLE_PARTS) {
            const char *near = nearest_word(name, TABLE_PART_NAMES, TABLE_PARTS);
            return error_set(err, STATUS_USAGE, "msach table: --only: there is no part '%s'%s%s%s", name,
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        o->parts |= 1u << part;
        s += n + (s[n] == ',');
    }
    return STATUS_OK;
}

static Status read_data(const Args *a, TableOptions *o, Error *err) {
    for (int i = 0; args_many(a, "data", i); i++) {
        if (o->n_data == TABLE_DATA)
            return error_set(err, STATUS_USAGE, "msach table: at most %d data sets", TABLE_DATA);
        for (int k = 0; k < o->n_data; k++)
            if (strcmp(o->data[k], args_many(a, "data", i)) == 0)
                return error_set(err, STATUS_USAGE, "msach table: --data %s is there twice", o->data[k]);
        o->data[o->n_data++] = args_many(a, "data", i);
    }
    return STATUS_OK;
}

/* --config first, then --set in order. bits and split_seed are the table's own. */
static Status read_config(const Args *a, Config *c, Error *err) {
    config_default(c);
    if (args_get(a, "config")) TRY(config_read(c, args_get(a, "config"), err));
    for (int i = 0; args_many(a, "set", i); i++) {
        const char *set = args_many(a, "set", i);
        if (strncmp(set, "bits=", 5) == 0 || strncmp(set, "split_seed=", 11) == 0)
            return error_set(err, STATUS_USAGE, "msach table: --set %s: use --bits and --seeds", set);
        TRY(config_assign(c, set, err));
    }
    return config_check(c, err);
}

static Status make_table(Args *a, TableOptions *o, Error *err) {
    TableEnd end;
    TRY(table_run(o, a->pool, &a->log, &end, err));
    if (end == TABLE_STOPPED)
        log_line(&a->log, "stopped; the same command continues:\n  %s", o->command ? o->command : "");
    printf("%s\n", o->out);
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    long seeds, lengths;
    TableOptions o = {.out = args_get(a, "out"),
                      .quick = args_has(a, "quick"),
                      .stop = &cmd_stop,
                      .mask_words = args_get(a, "mask-words"),
                      .manifest = {.skip_bad = args_has(a, "skip-bad"),
                                   .allow_outside = args_has(a, "allow-outside"),
                                   .need_labels = true}};
    TRY(read_bits(a, &o, err));
    TRY(read_data(a, &o, err));
    TRY(read_parts(a, &o, err));
    TRY(args_int(a, "seeds", 1, 50, &seeds, err));
    TRY(args_int(a, "lengths-seeds", 1, 50, &lengths, err));
    TRY(read_config(a, &o.config, err));
    o.seeds = (int)seeds;
    o.lengths_seeds = (int)(lengths < seeds ? lengths : seeds);
    TRY(args_pool(a, err));
    Buffer command = {0};
    o.command = args_command(a, &command);
    Status s = make_table(a, &o, err);
    buffer_free(&command);
    return s;
}

const Verb VERB_TABLE = {
    "table",
    "the paper's table on your data: every method, intervals, one page",
    "msach table --data a/manifest.tsv --data b/manifest.tsv --out table --quick",
    NULL,
    OPTIONS,
    run,
    "Every cell that is finished is kept in DIR/cells and never trained twice: stop at "
    "any time, and run the same\n"
    "command again. Order: split seed by split seed, and in each data set by data set: main "
    "(all rows but DCMH),\n"
    "ablations, lengths (--bits but the main ones); then dcmh, masked (label words removed), "
    "unseen (classes never\n"
    "trained on), retrained (ablations with a stage 1 of their own), raw-lengths. "
    "--only main first and all else\n"
    "later, into the same DIR, is one table. DIR/table.html is the page, DIR/table.tsv holds every number.",
    STOP_ITSELF};
