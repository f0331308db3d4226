#include <string.h>

#include "data/manifest.h"
#include "nn/base/alloc.h"

Status manifest_order_labels(Manifest *m, char *const *names, int n_names, Error *err) {
    int *to = mem_calloc((size_t)(m->n_labels ? m->n_labels : 1), sizeof *to), total = n_names;
    for (int k = 0; to && k < m->n_labels; k++) {
        to[k] = -1;
        for (int j = 0; j < n_names; j++)
            if (strcmp(m->label_names[k], names[j]) == 0) to[k] = j;
        if (to[k] < 0) to[k] = total++;
    }
    size_t n = (size_t)m->n, c = (size_t)m->n_labels, wide = (size_t)total;
    uint8_t *labels = mem_calloc(n * wide, 1);
    char **all = mem_calloc(wide ? wide : 1, sizeof *all);
    if (!to || !labels || !all) {
        mem_free(to);
        mem_free(labels);
        mem_free(all);
        return mem_error(err, "the labels");
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < c; k++)
            if (m->labels[i * c + k]) labels[i * wide + (size_t)to[k]] = 1;
    for (size_t k = 0; k < c; k++) all[to[k]] = m->label_names[k];
    bool complete = true;
    for (int j = 0; j < n_names; j++)
        if (!all[j]) complete = (all[j] = mem_strdup(names[j])) != NULL && complete;
    mem_free(to);
    mem_free(m->labels);
    mem_free(m->label_names);
    m->labels = labels;
    m->label_names = all;
    m->n_labels = total;
    return complete ? STATUS_OK : mem_error(err, "the labels");
}
