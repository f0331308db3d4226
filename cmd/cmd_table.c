#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/verbs.h"
#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/table/table.h"
#include "train/table/table_page.h"
#include "train/table/table_references.h"

static const Option OPTIONS[] = {
    {"data", 'd', "MANIFEST", NULL, "a data set; may be given more than once", MANY | NEEDED},
    {"out", 'o', "DIR", NULL, "folder of the table; an existing folder is continued", NEEDED},
    {"bits", 'b', "N,N..", "16,32,64,128", "code lengths; 64, or else the first, gets all rows", PLAIN},
    {"seeds", 0, "N", "5", "split seeds 1 to N at the main length", PLAIN},
    {"lengths-seeds", 0, "N", "1", "split seeds of the other lengths and of the extra splits", PLAIN},
    {"only", 0, "PART,PART..", NULL,
     "only these of main, ablations, lengths, dcmh, masked, unseen, retrained, raw-lengths; a later call "
     "adds the others",
     PLAIN},
    {"quick", 0, NULL, NULL, "64 bits, one split seed, no retrained ablations, no extra splits", PLAIN},
    {"mask-words", 0, "FILE", NULL,
     "words or phrases, one a line, to remove from the masked split besides label words", PLAIN},
    OPTION_CONFIG,
    {"set", 's', "KEY=VALUE", NULL, "one setting of the training; may be given more than once", MANY},
    {"codes", 0, "NAME=DIR", NULL,
     "codes of another program for the cases of one split, as eval --codes takes them; again with the same "
     "NAME for other split "
     "seeds",
     MANY},
    {"form", 0, "FORM", "values", "what these codes are: packed, columns, or values (what the values allow)",
     PLAIN},
    {"labels", 0, "FORM", "values", "what their labels are: onehot, signs, classes, or values", PLAIN},
    OPTION_IMAGE_FEATURES,
    OPTION_TEXT_FEATURES,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    {"cite", 0, NULL, NULL, "print the references of all rows and measures as BibTeX", ALONE},
    OPTION_THREADS,
    OPTION_LAST};

static Status read_bits(const Args *a, TableOptions *o, Error *err) {
    if (args_has(a, "quick") && !args_has(a, "bits")) {
        o->bits[o->n_bits++] = 64;
        return STATUS_OK;
    }
    for (const char *s = args_get(a, "bits"); *s;) {
        char *end;
        long bits = strtol(s, &end, 10);
        if (end == s || (*end && *end != ',') || bits < 16 || bits > 1024 || bits % 8)
            return args_wrong(
                a, err, "--bits is '%s'; multiples of 8 from 16 to 1024 were expected, separated by commas",
                args_get(a, "bits"));
        if (o->n_bits == TABLE_BITS)
            return args_wrong(a, err, "--bits names more than %d lengths", TABLE_BITS);
        for (int i = 0; i < o->n_bits; i++)
            if (o->bits[i] == bits) return args_wrong(a, err, "--bits names %ld twice", bits);
        o->bits[o->n_bits++] = (int)bits;
        s = *end ? end + 1 : end;
    }
    return o->n_bits ? STATUS_OK : args_wrong(a, err, "--bits needs a length");
}

/* NAME: letters, digits and " ._+-", at most TABLE_NAME - 1, and no method of the table. */
static bool name_is_good(const char *name, size_t n) {
    static const char *const own[] = {"RANDOM", "DCMH", "CLASSIFIER", "MSACH", "REAL-VALUED", "ORACLE"};
    if (n == 0 || n >= TABLE_NAME || name[0] == ' ' || name[n - 1] == ' ') return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr(" ._+-", name[i])) return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strlen(own[i]) == n && strncmp(own[i], name, n) == 0) return false;
    for (int i = 0; i < BASELINE_METHODS; i++)
        if (strlen(BASELINES[i].name) == n && strncmp(BASELINES[i].name, name, n) == 0) return false;
    return true;
}

static Status read_codes(const Args *a, TableOptions *o, Error *err) {
    static const char *const forms[] = {"values", "packed", "columns", NULL}; /* as AuditCodesForm */
    static const char *const labels[] = {"values", "onehot", "signs", "classes",
                                         NULL}; /* as AuditLabelsForm */
    const char **list;
    int n, form = 0, label = 0;
    TRY(args_choice(a, "form", forms, &form, err));
    TRY(args_choice(a, "labels", labels, &label, err));
    o->codes_form = (AuditCodesForm)form, o->labels_form = (AuditLabelsForm)label;
    TRY(args_list(a, "codes", &list, &n, err));
    Status s =
        n <= TABLE_CODES ? STATUS_OK : args_wrong(a, err, "at most %d --codes were expected", TABLE_CODES);
    for (int i = 0; s == STATUS_OK && i < n; i++) {
        const char *equals = strchr(list[i], '=');
        size_t length = equals ? (size_t)(equals - list[i]) : 0;
        if (!equals || !equals[1] || !name_is_good(list[i], length)) {
            s = args_wrong(
                a, err,
                "--codes is '%s'; NAME=DIR was expected, NAME of letters, digits and \" ._+-\", at "
                "most %d, and no method of the table",
                list[i], TABLE_NAME - 1);
            break;
        }
        TableCodes *c = &o->codes[o->n_codes++];
        memcpy(c->name, list[i], length);
        c->folder = equals + 1;
    }
    mem_free(list);
    return s;
}

static Status read_parts(const Args *a, TableOptions *o, Error *err) {
    const char *parts[TABLE_PARTS + 1] = {0};
    for (int i = 0; i < TABLE_PARTS; i++) parts[i] = TABLE_PART_NAMES[i];
    for (const char *s = args_get(a, "only"); s && *s;) {
        char name[32];
        size_t n = strcspn(s, ",");
        int part;
        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), s);
        TRY(args_word(a, "--only", name, parts, &part, err));
        o->parts |= 1u << part;
        s += n + (s[n] == ',');
    }
    return STATUS_OK;
}

/* Rows and files are named after the folder of a manifest. */
static Status check_names(const Args *a, const char *const *list, int n, Error *err) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++) {
            char name[80], other[80];
            table_file_prefix(name, sizeof name, list[i]);
            table_file_prefix(other, sizeof other, list[k]);
            if (strcmp(list[k], list[i]) == 0) return args_wrong(a, err, "--data names %s twice", list[i]);
            if (strcmp(name, other) == 0)
                return args_wrong(
                    a, err,
                    "--data %s and %s: rows and charts of both would be called '%.*s', the name "
                    "of the folder; put one of them into a folder of another name",
                    list[k], list[i], (int)strlen(name) - 1, name);
        }
    return STATUS_OK;
}

static Status read_data(const Args *a, TableOptions *o, Error *err) {
    const char **list;
    int n;
    TRY(args_list(a, "data", &list, &n, err));
    Status s =
        n <= TABLE_DATA ? STATUS_OK : args_wrong(a, err, "at most %d data sets were expected", TABLE_DATA);
    if (s == STATUS_OK) s = check_names(a, list, n, err);
    for (int i = 0; s == STATUS_OK && i < n; i++) o->data[o->n_data++] = list[i];
    mem_free(list);
    if (s == STATUS_OK && n > 1 && (o->manifest.features[0] || o->manifest.features[1]))
        s = args_wrong(
            a, err, "--image-features and --text-features belong to one data set; one --data was expected");
    return s;
}

/* bits and split_seed belong to the table. */
static Status read_config(const Args *a, Config *c, Error *err) {
    for (int i = 0; i < a->n_options; i++)
        if (strcmp(a->option[i], "set") == 0 &&
            (strncmp(a->value[i], "bits=", 5) == 0 || strncmp(a->value[i], "split_seed=", 11) == 0))
            return args_wrong(a, err, "--set %s: use --bits and --seeds", a->value[i]);
    TRY(args_config(a, c, (const char *const[]){NULL}, err));
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

static Status print_references(Error *err) {
    Buffer b = {0};
    references_bibtex(&b);
    printf("%s", buffer_text(&b));
    Status s = b.failed ? mem_error(err, "the references") : STATUS_OK;
    buffer_free(&b);
    return s;
}

static Status run(Args *a, Error *err) {
    if (args_has(a, "cite")) return print_references(err);
    long seeds, lengths;
    TableOptions o = {.out = args_get(a, "out"),
                      .quick = args_has(a, "quick"),
                      .stop = &cmd_stop,
                      .mask_words = args_get(a, "mask-words"),
                      .manifest = args_manifest(a)};
    o.manifest.mask_words = NULL; /* masks one part of the table alone */
    o.manifest.need_labels = true;
    TRY(read_bits(a, &o, err));
    TRY(read_data(a, &o, err));
    TRY(read_parts(a, &o, err));
    TRY(read_codes(a, &o, err));
    TRY(args_int(a, "seeds", 1, 50, &seeds, err));
    TRY(args_int(a, "lengths-seeds", 1, 50, &lengths, err));
    TRY(read_config(a, &o.config, err));
    o.seeds = (int)seeds;
    o.lengths_seeds = (int)(lengths < seeds ? lengths : seeds);
    TRY(args_pool(a, err));
    Buffer command = {0};
    o.command = args_command(a, &command);
    Status s = command.failed ? mem_error(err, "the command") : make_table(a, &o, err);
    buffer_free(&command);
    return s;
}

const Verb VERB_TABLE = {"table",
                         "compare every method on your data, with intervals, on one page",
                         "msach table --data a/manifest.tsv --data b/manifest.tsv --out table --quick",
                         NULL,
                         OPTIONS,
                         run,
                         "DIR/cells keeps every finished cell: stop at any time, and run the same command "
                         "again. Order: by split seed, then by\n"
                         "data set: main (all rows but DCMH), ablations, lengths (--bits but the main one); "
                         "then dcmh, masked (without label\n"
                         "words), unseen (classes that were never trained on), retrained (ablations with a "
                         "stage 1 of their own), raw-lengths.\n"
                         "Calls with other --only into the same DIR make one table. DIR/table.html is the "
                         "page; DIR/table.tsv has every number.\nFor a paper: DIR/table.tex (booktabs), "
                         "DIR/table.csv (rows over split seeds), "
                         "each chart as DIR/figures/NAME.svg with its numbers in NAME.tsv.",
                         STOP_ITSELF};
