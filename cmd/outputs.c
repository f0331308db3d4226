#include "cmd/outputs.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "hash/search/index.h"
#include "hash/search/index_format.h"
#include "nn/base/alloc.h"

static bool ends_with(const char *text, const char *ending) {
    size_t n = strlen(text), k = strlen(ending);
    return n >= k && strcmp(text + n - k, ending) == 0;
}

static const Option *option_of(const Args *a, int i) {
    const Option *o = a->verb->options;
    while (strcmp(o->name, a->option[i]) != 0) o++;
    return o;
}

/* ---- Inputs ---- */

static bool same_file(const struct stat *x, const char *path) {
    struct stat y;
    return stat(path, &y) == 0 && x->st_dev == y.st_dev && x->st_ino == y.st_ino;
}

/* Whether writing `out` destroys the input: the same file, or for a folder the folder itself or an array in it. */
static bool destroys(const Option *o, const struct stat *out, const char *input, const char *argument) {
    if (!S_ISDIR(out->st_mode)) return same_file(out, input);
    if (strcmp(o->argument, "DIR") != 0) return false;
    if (strcmp(argument, "DIR") == 0) return same_file(out, input);
    char *folder = ends_with(input, ".npy") ? path_beside(input, ".") : NULL;
    bool inside = folder && same_file(out, folder);
    mem_free(folder);
    return inside;
}

static Status check_inputs(const Args *a, const Option *o, const char *path, const struct stat *out,
                           Error *err) {
    for (int i = 0; i < a->n_options; i++) {
        const Option *in = option_of(a, i);
        if (a->value[i] && !(in->kind & WRITES) && destroys(o, out, a->value[i], in->argument))
            return args_wrong(a, err, "--%s %s would destroy the input of --%s; name another %s", o->name,
                              path, in->name, o->argument);
    }
    for (int i = 0; i < a->n_operands; i++)
        if (destroys(o, out, a->operand[i], ""))
            return args_wrong(a, err, "--%s %s would destroy the input %s; name another %s", o->name, path,
                              a->operand[i], o->argument);
    return STATUS_OK;
}

/* ---- Kinds ---- */

static bool is_index(const unsigned char *head) {
    return slot_begins(head) || slot_begins(head + SLOT_BYTES);
}

static bool is_array(const unsigned char *head) {
    return memcmp(head, "\x93NUMPY", 6) == 0;
}

static bool is_page(const unsigned char *head) {
    return strncasecmp((const char *)head, "<!doctype html", 14) == 0;
}

static bool is_json(const unsigned char *head) {
    return head[0] == '{';
}

static const struct {
    const char *ending, *name;
    bool (*begins)(const unsigned char *head); /* (2*SLOT_BYTES), padded with 0 */
} KINDS[] = {{".idx", "an index", is_index},
             {".npy", "a .npy array", is_array},
             {".html", "an HTML page", is_page},
             {".json", "a JSON file", is_json}};

static Status check_kind(const Option *o, const char *path, Error *err) {
    unsigned char head[2 * SLOT_BYTES] = {0};
    size_t n, k = 0;
    TRY(file_head(path, head, sizeof head, &n, err));
    while (k < sizeof KINDS / sizeof KINDS[0] && !ends_with(o->argument, KINDS[k].ending)) k++;
    NN_REQUIRE(k < sizeof KINDS / sizeof KINDS[0], "--%s WRITES a file of no known kind: %s", o->name,
               o->argument);
    if (!n || KINDS[k].begins(head)) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: exists and is not %s, which --%s writes; name another file or remove this one",
                     path, KINDS[k].name, o->name);
}

static void warn_of_replacing(const Args *a, const char *path) {
    Index *x;
    if (!args_has(a, "data") || args_has(a, "append") || index_open(&x, path, NULL) != STATUS_OK) return;
    log_warn(&a->log, "%s: its %lld cases are being replaced; --append would add to them", path,
             (long long)index_live(x));
    index_close(x);
}

static Status check_output(const Args *a, const Option *o, const char *path, Error *err) {
    struct stat st;
    bool index = ends_with(o->argument, ".idx");
    if (stat(path, &st) != 0) return STATUS_OK;
    TRY(check_inputs(a, o, path, &st, err));
    if (index && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return error_set(err, STATUS_INPUT, "%s: is no regular file; name a file for the index", path);
    if (S_ISREG(st.st_mode) && strcmp(o->argument, "DIR") != 0) TRY(check_kind(o, path, err));
    if (index) warn_of_replacing(a, path);
    return STATUS_OK;
}

Status outputs_check(const Args *a, Error *err) {
    for (int i = 0; i < a->n_options; i++) {
        const Option *o = option_of(a, i);
        if (o->kind & WRITES) TRY(check_output(a, o, a->value[i], err));
    }
    return STATUS_OK;
}
