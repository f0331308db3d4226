#include <string.h>

#include "cmd/args.h"
#include "nn/base/alloc.h"

Status args_list(const Args *a, const char *name, const char ***list, int *n, Error *err) {
    *n = 0;
    *list = mem_calloc((size_t)a->n_options + 1, sizeof **list);
    if (!*list) return mem_error(err, "the command line");
    for (int i = 0; i < a->n_options; i++)
        if (strcmp(a->option[i], name) == 0) (*list)[(*n)++] = a->value[i];
    return STATUS_OK;
}
