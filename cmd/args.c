#include "cmd/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/nearest.h"

static const Option *find_long(const Verb *v, const char *name, size_t n) {
    for (const Option *o = v->options; o->name; o++)
        if (strlen(o->name) == n && strncmp(o->name, name, n) == 0) return o;
    return NULL;
}

static const Option *find_letter(const Verb *v, char letter) {
    for (const Option *o = v->options; o->name; o++)
        if (o->letter && o->letter == letter) return o;
    return NULL;
}

/* ---- Messages ---- */

static void add_message(Error *err, const char *fmt, va_list args) {
    size_t n = strlen(err->message);
    vsnprintf(err->message + n, sizeof err->message - n, fmt, args);
}

Status args_wrong(const Args *a, Error *err, const char *fmt, ...) {
    va_list args;
    error_set(err, STATUS_USAGE, "msach %s: ", a->verb->name);
    va_start(args, fmt);
    add_message(err, fmt, args);
    va_end(args);
    return STATUS_USAGE;
}

Status args_incomplete(const Args *a, Error *err, const char *fmt, ...) {
    va_list args;
    error_set(err, STATUS_USAGE, "msach %s: ", a->verb->name);
    va_start(args, fmt);
    add_message(err, fmt, args);
    va_end(args);
    size_t n = strlen(err->message);
    snprintf(err->message + n, sizeof err->message - n, ", for example:\n  %s", a->verb->example);
    return STATUS_USAGE;
}

void args_suggest(Error *err, const char *word, const char *const *words, int n, const char *dashes) {
    const char *near = nearest_word(word, words, n);
    size_t used = strlen(err->message);
    if (near)
        snprintf(err->message + used, sizeof err->message - used, "; did you mean '%s%s'?", dashes, near);
}

/* ---- Parsing ---- */

static Status unknown_option(const Args *a, const char *word, Error *err) {
    const char *names[64];
    char name[64];
    int n = 0;
    for (const Option *o = a->verb->options; o->name && n < 64; o++) names[n++] = o->name;
    size_t length = strcspn(word, "=");
    while (*word == '-') word++, length--;
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    args_wrong(a, err, "unknown option '--%s'; see `msach %s --help`", name, a->verb->name);
    args_suggest(err, name, names, n, "--");
    return STATUS_USAGE;
}

static void keep(Args *a, const Option *o, const char *value) {
    a->option[a->n_options] = o->name;
    a->value[a->n_options++] = value;
}

/* Not an option: "-" alone, and negative numbers. */
static bool is_option(const char *word) {
    return word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9') && word[1] != '.';
}

/* Parses the option at argv[*i]; afterwards *i is its last word. */
static Status parse_option(Args *a, int argc, char **argv, int *i, Error *err) {
    const Verb *v = a->verb;
    const char *word = argv[*i], *equals = strchr(word, '='), *value = NULL;
    const Option *o = NULL;
    if (word[1] == '-') {
        size_t n = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
        o = find_long(v, word + 2, n);
        value = equals ? equals + 1 : NULL;
    } else {
        o = find_letter(v, word[1]);
        if (word[2]) value = word + 2;
    }
    if (!o) return unknown_option(a, word, err);
    if (o->kind & ABSENT) return args_wrong(a, err, "--%s: " PART_ABSENT("--%s"), o->name, o->name);
    if (!o->argument) {
        if (value) return args_wrong(a, err, "--%s takes no value", o->name);
        keep(a, o, NULL);
        return STATUS_OK;
    }
    if (!value) {
        if (*i + 1 >= argc) return args_wrong(a, err, "--%s needs %s", o->name, o->argument);
        value = argv[++*i];
    }
    keep(a, o, value);
    while (o->kind & MANY && *i + 1 < argc && !is_option(argv[*i + 1])) keep(a, o, argv[++*i]);
    return STATUS_OK;
}

static bool has_alone(const Args *a) {
    for (const Option *o = a->verb->options; o->name; o++)
        if (o->kind & ALONE && args_has(a, o->name)) return true;
    return false;
}

static Status check_needed(const Args *a, Error *err) {
    const Verb *v = a->verb;
    if (has_alone(a)) return STATUS_OK;
    for (const Option *o = v->options; o->name; o++)
        if (o->kind & NEEDED && !args_has(a, o->name))
            return args_incomplete(a, err, "--%s %s is needed", o->name, o->argument);
    return STATUS_OK;
}

/* A word is at most one option, one value and one operand. */
static Status take_memory(Args *a, const Verb *v, int argc, Error *err) {
    size_t n = (size_t)argc + 1;
    memset(a, 0, sizeof *a);
    a->verb = v;
    a->words = mem_calloc(3 * n, sizeof *a->words);
    if (!a->words) return mem_error(err, "the command line");
    a->option = a->words;
    a->value = a->words + n;
    a->operand = a->words + 2 * n;
    return STATUS_OK;
}

Status args_parse(Args *a, const Verb *v, int argc, char **argv, Error *err) {
    TRY(take_memory(a, v, argc, err));
    bool only_operands = false;
    for (int i = 0; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && is_option(argv[i])) {
            TRY(parse_option(a, argc, argv, &i, err));
        } else {
            if (!v->operands) return args_incomplete(a, err, "unexpected '%s'", argv[i]);
            a->operand[a->n_operands++] = argv[i];
        }
    }
    return check_needed(a, err);
}

void args_free(Args *a) {
    pool_free(a->pool);
    mem_free(a->words);
    memset(a, 0, sizeof *a);
}

const char *args_get(const Args *a, const char *name) {
    for (int i = a->n_options; i-- > 0;)
        if (strcmp(a->option[i], name) == 0) return a->value[i];
    const Option *o = find_long(a->verb, name, strlen(name));
    NN_REQUIRE(o, "option --%s is not in the table of %s", name, a->verb->name);
    return o->standard;
}

bool args_has(const Args *a, const char *name) {
    for (int i = 0; i < a->n_options; i++)
        if (strcmp(a->option[i], name) == 0) return true;
    return false;
}

Status args_word(const Args *a, const char *what, const char *word, const char *const *words, int *choice,
                 Error *err) {
    int n = 0;
    for (; words[n]; n++) {
        if (strcmp(words[n], word) != 0) continue;
        *choice = n;
        return STATUS_OK;
    }
    char list[512] = "";
    for (int i = 0; i < n; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    args_wrong(a, err, "%s is '%s'; one of %s was expected", what, word, list);
    args_suggest(err, word, words, n, "");
    return STATUS_USAGE;
}

Status args_choice(const Args *a, const char *name, const char *const *words, int *choice, Error *err) {
    const char *word = args_get(a, name);
    char what[64];
    snprintf(what, sizeof what, "--%s", name);
    return word ? args_word(a, what, word, words, choice, err) : STATUS_OK;
}

Status args_one_of(const Args *a, const char *const *names, Error *err) {
    char list[256] = "";
    int given = 0;
    for (int i = 0; names[i]; i++) {
        given += args_has(a, names[i]);
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s--%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
    }
    if (given == 1) return STATUS_OK;
    return args_incomplete(a, err, "%s of %s is needed", given ? "only one" : "one", list);
}

Status args_int(const Args *a, const char *name, long low, long high, long *value, Error *err) {
    const char *text = args_get(a, name);
    char *end;
    NN_REQUIRE(text, "option --%s has no default", name);
    errno = 0;
    *value = strtol(text, &end, 10);
    if (end == text || *end || errno || *value < low || *value > high)
        return args_wrong(a, err, "--%s is '%s'; a whole number from %ld to %ld was expected", name, text,
                          low, high);
    return STATUS_OK;
}

Status args_pool(Args *a, Error *err) {
    long threads = 0;
    if (args_has(a, "threads")) TRY(args_int(a, "threads", 1, 256, &threads, err));
    return pool_create(&a->pool, (int)threads, err);
}

Status args_config(const Args *a, Config *c, const char *const *same, Error *err) {
    config_default(c);
    if (PART_VARIANTS && args_get(a, "config")) TRY(config_read(c, args_get(a, "config"), err));
    for (; *same; same++) {
        char name[32];
        snprintf(name, sizeof name, "%s", *same);
        for (char *s = name; *s; s++) *s = *s == '-' ? '_' : *s;
        if (args_has(a, *same)) TRY(config_set(c, name, args_get(a, *same), err));
    }
    for (int i = 0; i < a->n_options; i++)
        if (strcmp(a->option[i], "set") == 0) TRY(config_assign(c, a->value[i], err));
    return STATUS_OK;
}

static const char *get_if_known(const Args *a, const char *name) {
    return find_long(a->verb, name, strlen(name)) ? args_get(a, name) : NULL;
}

ManifestOptions args_manifest(const Args *a) {
    return (ManifestOptions){
        .skip_bad = args_has(a, "skip-bad"),
        .allow_outside = args_has(a, "allow-outside"),
        .mask_words = get_if_known(a, "mask-words"),
        .features = {get_if_known(a, "image-features"), get_if_known(a, "text-features")}};
}

/* ---- --help ---- */

enum { HELP_LEFT = 31, HELP_WIDTH = 110 };

/* text from `column` on, wrapped at HELP_WIDTH; later lines are indented by HELP_LEFT. */
static void put_wrapped(FILE *to, const char *text, size_t column) {
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " ");
        if (word > text && column + 1 + n > HELP_WIDTH) {
            fprintf(to, "\n%*s", HELP_LEFT, "");
            column = HELP_LEFT;
        } else if (word > text) {
            fputc(' ', to);
            column++;
        }
        fwrite(word, 1, n, to);
        column += n;
        word += n + (word[n] == ' ');
    }
}

void args_help(const Verb *v, FILE *to) {
    fprintf(to, "  %s\n\n%s\n\nusage: msach %s%s%s%s\n\n", v->example, v->summary, v->name,
            v->operands ? " " : "", v->operands ? v->operands : "", " [OPTION...]");
    for (const Option *o = v->options; o->name; o++) {
        if (o->kind & ABSENT) continue;
        char left[64], text[512];
        snprintf(left, sizeof left, "%c%c %s--%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
                 o->letter ? "" : " ", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        snprintf(text, sizeof text, "%s%s%s%s%s", o->meaning, o->kind & NEEDED ? " (needed)" : "",
                 o->standard ? " [" : "", o->standard ? o->standard : "", o->standard ? "]" : "");
        put_wrapped(to, text, (size_t)fprintf(to, "  %-28s ", left));
        fputc('\n', to);
    }
    if (v->notes) fprintf(to, "\n%s\n", v->notes);
}
