#include <string.h>

#include "data/manifest.h"
#include "nn/base/alloc.h"

/* The column of each label of the manifest in the new order: to (n_labels). Returns the number of columns. */
static int find_columns(const Manifest *m, char *const *names, int n_names, int *to) {
    int total = n_names;
    for (int k = 0; k < m->n_labels; k++) {
        to[k] = -1;
        for (int j = 0; j < n_names; j++)
            if (strcmp(m->label_names[k], names[j]) == 0) to[k] = j;
        if (to[k] < 0) to[k] = total++;
    }
    return total;
}

/* The names of the columns, which label_table owns: a new array of `total`. NULL where memory ran out. */
static char **order_names(Manifest *m, char *const *names, int n_names, const int *to, int total) {
    Names *table = &m->label_table;
    int *number = mem_calloc((size_t)total + 1, sizeof *number); /* of each column in the table */
    bool complete = number != NULL;
    for (int k = 0; complete && k < m->n_labels; k++)
        number[to[k]] = names_find(table, m->label_names[k], strlen(m->label_names[k]));
    for (int j = 0; complete && j < n_names; j++)
        complete = (number[j] = names_add(table, names[j], strlen(names[j]))) >= 0;
    char **list = complete ? names_list(table) : NULL, **all = mem_calloc((size_t)total + 1, sizeof *all);
    for (int k = 0; list && all && k < total; k++) all[k] = list[number[k]];
    if (!list) mem_free(all), all = NULL;
    mem_free(list);
    mem_free(number);
    return all;
}

Status manifest_order_labels(Manifest *m, char *const *names, int n_names, Error *err) {
    size_t n = (size_t)m->n, c = (size_t)m->n_labels;
    int *to = mem_calloc(c + 1, sizeof *to), total = to ? find_columns(m, names, n_names, to) : 0;
    uint8_t *labels = mem_calloc(n + 1, (size_t)total + 1);
    char **all = to && labels ? order_names(m, names, n_names, to, total) : NULL;
    for (size_t i = 0; all && i < n; i++)
        for (size_t k = 0; k < c; k++)
            if (m->labels[i * c + k]) labels[i * (size_t)total + (size_t)to[k]] = 1;
    mem_free(to);
    if (!all) {
        mem_free(labels);
        return mem_error(err, "the labels");
    }
    mem_free(m->labels);
    mem_free(m->label_names);
    m->labels = labels;
    m->label_names = all;
    m->n_labels = total;
    return STATUS_OK;
}
