#include "cmd/inspect_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmd/fit.h"
#include "nn/base/parts.h"

void fact(const char *name, const char *text) {
    printf("%-18s ", name);
    if (PART_TERMINAL)
        fit_text(stdout, text, fit_columns() - 19, false);
    else
        fputs(text, stdout);
    putchar('\n');
}

void fact_number(const char *name, double v) {
    char text[64];
    snprintf(text, sizeof text, "%.10g", v);
    fact(name, text);
}

void fact_size(const char *path) {
    struct stat st;
    char text[64];
    if (stat(path, &st) != 0) return;
    snprintf(text, sizeof text, "%.3f MiB", (double)st.st_size / 1048576.0);
    fact("size", text);
}

void fact_tensors(const StFile *f) {
    printf("\ntensors\n");
    for (size_t i = 0; i < f->n_tensors; i++) {
        const StTensor *t = &f->tensors[i];
        printf("  %-44s %s (", t->name, st_type_name(t->type));
        for (int k = 0; k < t->rank; k++) printf("%s%" PRId64, k ? ", " : "", t->dim[k]);
        printf(")\n");
    }
}
