#include "cmd/train_resume.h"

#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* Whether the command line names a setting: in --set, by an option of its own, or in a file of --config. */
static bool is_given(const Args *a, const char *name) {
    size_t n = strlen(name);
    bool given = args_has(a, "config") || args_has(a, name) ||
                 (strcmp(name, "split_seed") == 0 && args_has(a, "split-seed"));
    for (int i = 0; i < a->n_options; i++)
        given |=
            strcmp(a->option[i], "set") == 0 && strncmp(a->value[i], name, n) == 0 && a->value[i][n] == '=';
    return given;
}

Status train_keep_config(const Args *a, Config *c, Error *err) {
    Config own = *c;
    Buffer differs = {0};
    char ours[64], theirs[64];
    char *path = path_join(args_get(a, "out"), "config.txt");
    Status s = path ? STATUS_OK : mem_error(err, "the settings");
    if (s == STATUS_OK && path_exists(path)) s = config_read(&own, path, err);
    for (int i = 0; s == STATUS_OK && i < CONFIG_COUNT; i++) {
        const ConfigOption *o = &CONFIG_TABLE[i];
        const char *given = config_value(c, o, ours), *kept = config_value(&own, o, theirs);
        if (strcmp(given, kept) == 0 || !is_given(a, o->name)) continue;
        buffer_printf(&differs, "%s %s is %s, not %s", differs.size ? ";" : "", o->name, kept, given);
    }
    if (differs.size)
        log_warn(&a->log, "%s: goes on with its own settings:%s", args_get(a, "out"), buffer_text(&differs));
    buffer_free(&differs);
    mem_free(path);
    *c = own;
    return s;
}
