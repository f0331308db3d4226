#include "train/warnings.h"

/* Below these numbers, splits and MAP are unreliable. */
enum { FEW_GROUPS = 50, FEW_OF_LABEL = 12 };

void warn_of_data(const Session *s) {
    const Manifest *m = &s->manifest;
    int rare = 0, first = -1;
    for (int k = 0; k < m->n_labels; k++) {
        int cases = 0;
        for (int i = 0; i < m->n; i++) cases += m->labels[(size_t)i * (size_t)m->n_labels + (size_t)k];
        if (cases < FEW_OF_LABEL && rare++ == 0) first = k;
    }
    if (m->n_groups == m->n)
        log_warn(s->log,
                 "%s: no two cases share a group; if patients have several pictures, add a column 'group', "
                 "or near-copies "
                 "of training cases become queries and every figure is too good",
                 m->path);
    if (m->n_groups < FEW_GROUPS)
        log_warn(s->log,
                 "%s: %d groups; below %d a split leaves few patients to learn from and to ask, and MAP is "
                 "uncertain",
                 m->path, m->n_groups, FEW_GROUPS);
    if (rare)
        log_warn(s->log,
                 "%s: %d labels have fewer than %d cases, '%s' among them; such a label is hardly learned",
                 m->path, rare, FEW_OF_LABEL, m->label_names[first]);
}
