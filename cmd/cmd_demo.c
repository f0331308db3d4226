/* The main job on phantoms, as the commands that a user would type: the demo prints each command and runs it. */
#include <stdio.h>
#include <string.h>

#include "cmd/terminal.h"
#include "cmd/verbs.h"
#include "data/manifest.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

static const Option OPTIONS[] = {
    {"out", 'o', "DIR", "msach-demo", "folder to create", PLAIN},
    {"cases", 'n', "N", "700", "number of phantoms", PLAIN},
    {"set", 's', "KEY=VALUE", NULL, "a setting of the training, after those of the demo", MANY},
    OPTION_THREADS,
    OPTION_LAST};

/* Sized for two minutes on two cores. Phantoms have little noise and many labels, so regularisation is weaker than the default for real
 * archives. Chosen on validation queries. */
static const char *const PRESET[] = {"image_size=64",     "width=16",         "stage1_epochs=80",
                                     "stage1_batch=32",   "mixup=0",          "smoothing=0.05",
                                     "word_dropout=0.15", "text_dropout=0.2", "image_dropout=0.1",
                                     "erase=0",           "speckle=0"};

enum { WORDS = 64, LINE = 1024 };

/* The words of one command, in one block. */
typedef struct {
    char text[8 * LINE];
    size_t used;
    char *word[WORDS];
    int n;
} Command;

static void add(Command *c, const char *fmt, ...) NN_PRINTF(2, 3);
static void add(Command *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    size_t room = sizeof c->text - c->used;
    int n = vsnprintf(c->text + c->used, room, fmt, args);
    va_end(args);
    NN_REQUIRE(n >= 0 && (size_t)n < room && c->n < WORDS, "the command of a demo's step is too long");
    c->word[c->n++] = c->text + c->used;
    c->used += (size_t)n + 1;
}

static void print_command(const Verb *v, const Command *c) {
    printf("\n$ msach %s", v->name);
    for (int i = 0; i < c->n; i++) printf(strchr(c->word[i], ' ') ? " \"%s\"" : " %s", c->word[i]);
    printf("\n");
    fflush(stdout);
}

/* Runs a verb as main does, with the log and the threads of the demo. */
static Status step(const Args *a, const Verb *v, Command *c, Error *err) {
    Args b;
    if (cmd_stop) return error_set(err, STATUS_CHECK, "stopped");
    print_command(v, c);
    if (args_has(a, "threads")) add(c, "--threads"), add(c, "%s", args_get(a, "threads"));
    Status s = args_parse(&b, v, c->n, c->word, err);
    b.log = a->log;
    if (s == STATUS_OK) s = v->run(&b, err);
    args_free(&b);
    return s == STATUS_OK ? terminal_flush(err) : s;
}

/* ---- The steps ---- */

static Status make_phantoms(const Args *a, const char *out, Error *err) {
    Command c = {.n = 0};
    add(&c, "--out"), add(&c, "%s/phantom", out);
    add(&c, "--cases"), add(&c, "%s", args_get(a, "cases"));
    add(&c, "--lang"), add(&c, "en");
    return step(a, &VERB_PHANTOM, &c, err);
}

static Status train(const Args *a, const char *out, Error *err) {
    Command c = {.n = 0};
    add(&c, "--data"), add(&c, "%s/phantom/manifest.tsv", out);
    add(&c, "--out"), add(&c, "%s/run", out);
    add(&c, "--set");
    for (size_t i = 0; i < sizeof PRESET / sizeof PRESET[0]; i++) add(&c, "%s", PRESET[i]);
    for (int i = 0; i < a->n_options; i++)
        if (strcmp(a->option[i], "set") == 0) add(&c, "%s", a->value[i]);
    return step(a, &VERB_TRAIN, &c, err);
}

static Status evaluate(const Args *a, const char *out, Error *err) {
    Command c = {.n = 0};
    add(&c, "--run"), add(&c, "%s/run", out);
    return step(a, &VERB_EVAL, &c, err);
}

static Status make_index(const Args *a, const char *out, Error *err) {
    Command c = {.n = 0};
    add(&c, "--model"), add(&c, "%s/run", out);
    add(&c, "--data"), add(&c, "%s/phantom/manifest.tsv", out);
    add(&c, "--out"), add(&c, "%s/phantom.idx", out);
    return step(a, &VERB_INDEX, &c, err);
}

/* Asks one question twice: as a table and as a page. */
static Status ask(const Args *a, const char *out, const char *option, const char *question, const char *page,
                  Error *err) {
    for (int as_page = 0; as_page < 2; as_page++) {
        Command c = {.n = 0};
        add(&c, "--model"), add(&c, "%s/run", out);
        add(&c, "--index"), add(&c, "%s/phantom.idx", out);
        add(&c, "%s", option), add(&c, "%s", question);
        add(&c, "-k"), add(&c, as_page ? "12" : "5");
        if (as_page) add(&c, "--html"), add(&c, "%s/%s", out, page);
        TRY(step(a, &VERB_SEARCH, &c, err));
    }
    return STATUS_OK;
}

/* The picture of the first test query whose label is not "normal": the model was not trained on it. path: LINE bytes. */
static Status pick_picture(const char *out, char *path, Error *err) {
    char manifest[LINE], split[LINE];
    snprintf(manifest, sizeof manifest, "%s/phantom/manifest.tsv", out);
    snprintf(split, sizeof split, "%s/run/split.tsv", out);
    unsigned char *text = NULL;
    size_t size;
    Manifest m;
    ManifestOptions o = {.need_labels = true};
    Status s = manifest_read(&m, manifest, &o, NULL, err);
    if (s == STATUS_OK) s = file_read(split, 1 << 26, &text, &size, err);
    path[0] = 0;
    for (int i = 0; s == STATUS_OK && i < m.n && !path[0]; i++) {
        char row[LINE];
        snprintf(row, sizeof row, "\n%s\tquery", m.cases[i].id);
        bool normal = false;
        for (int k = 0; k < m.n_labels; k++)
            if (m.labels[(size_t)i * (size_t)m.n_labels + (size_t)k])
                normal = strcmp(m.label_names[k], "normal") == 0;
        if (!normal && strstr((const char *)text, row))
            snprintf(path, LINE, "%s/phantom/%s", out, m.cases[i].image);
    }
    if (s == STATUS_OK && !path[0])
        s = error_set(err, STATUS_INPUT, "%s: no query has a finding; use more --cases", split);
    mem_free(text);
    manifest_free(&m);
    return s;
}

static Status run(Args *a, Error *err) {
    const char *out = args_get(a, "out");
    char picture[LINE];
    double begun = log_clock();
    if (strlen(out) > LINE / 2) return args_wrong(a, err, "--out is longer than %d bytes", LINE / 2);
    if (path_exists(out))
        return error_set(err, STATUS_USAGE, "%s: is there already; use another --out, or remove it", out);
    TRY(make_phantoms(a, out, err));
    TRY(train(a, out, err));
    TRY(evaluate(a, out, err));
    TRY(make_index(a, out, err));
    TRY(ask(a, out, "--text", "simple cyst with thin wall", "cyst.html", err));
    TRY(pick_picture(out, picture, err));
    TRY(ask(a, out, "--image", picture, "picture.html", err));
    printf("\n%.0f seconds. Pages to open in a browser:\n  %s/run/report.html  losses, MAP, health of the "
           "codes\n"
           "  %s/cyst.html  pictures found by a sentence\n  %s/picture.html  reports found by a picture\n",
           log_clock() - begun, out, out, out);
    return STATUS_OK;
}

const Verb VERB_DEMO = {"demo",
                        "run everything on synthetic ultrasound in two minutes, command by command",
                        "msach demo --out demo",
                        NULL,
                        OPTIONS,
                        run,
                        NULL,
                        STOP_ITSELF};
