/* The figures and the table of lesson 7 for codes of phantoms: draw_codes FOLDER MANIFEST VARIANT...
 *
 * Reads FOLDER/VARIANT-image.npy and -text.npy, codes (n,2) of 16 bits of all cases of the manifest, as `msach encode` writes them. */
#include "data/manifest.h"
#include "nn/base/npy.h"
#include "tests/tutorial/toy_figures.h"

typedef struct {
    Manifest m;
    int order[FIGURE_CASES], label[FIGURE_CASES]; /* sorted by first label: case of the manifest, label */
    double apart[FIGURE_CASES * FIGURE_CASES];    /* 1 - shared labels / labels of either */
} Phantoms;

static int first_label(const Manifest *m, int i) {
    int k = 0;
    while (k < m->n_labels - 1 && !m->labels[i * m->n_labels + k]) k++;
    return k;
}

static double dissimilarity(const Manifest *m, int i, int j) {
    int both = 0, either = 0;
    for (int k = 0; k < m->n_labels; k++) {
        int a = m->labels[i * m->n_labels + k], b = m->labels[j * m->n_labels + k];
        both += a && b, either += a || b;
    }
    return either ? 1 - (double)both / either : 1;
}

static void open_phantoms(Phantoms *p, const char *path) {
    Error err = {0};
    ManifestOptions o = {.need_labels = true};
    NN_REQUIRE(manifest_read(&p->m, path, &o, NULL, &err) == STATUS_OK, "%s", err.message);
    int n = p->m.n, at = 0;
    NN_REQUIRE(n <= FIGURE_CASES, "%d cases, more than %d", n, FIGURE_CASES);
    for (int k = 0; k < p->m.n_labels; k++)
        for (int i = 0; i < n; i++)
            if (first_label(&p->m, i) == k) p->label[at] = k, p->order[at++] = i;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) p->apart[i * n + j] = dissimilarity(&p->m, p->order[i], p->order[j]);
}

/* h (n,16): -1 or 1, in the order of the labels. */
static void read_codes(const Phantoms *p, const char *folder, const char *variant, const char *kind,
                       real *h) {
    char path[512];
    Npy a;
    Error err = {0};
    snprintf(path, sizeof path, "%s/%s-%s.npy", folder, variant, kind);
    NN_REQUIRE(npy_read(&a, path, 1 << 20, &err) == STATUS_OK, "%s", err.message);
    NN_REQUIRE(a.rank == 2 && a.dim[0] == p->m.n && 8 * a.dim[1] == FIGURE_BITS,
               "%s: not codes of 16 bits of all cases", path);
    for (int i = 0; i < p->m.n * FIGURE_BITS; i++) {
        int row = p->order[i / FIGURE_BITS], j = i % FIGURE_BITS;
        h[i] = ((uint8_t *)a.data)[row * FIGURE_BITS / 8 + j / 8] >> j % 8 & 1 ? 1 : -1;
    }
    npy_free(&a);
}

int main(int argc, char **argv) {
    static Phantoms p;
    static real h[2][FIGURE_CASES * FIGURE_BITS];
    if (argc < 4) return fprintf(stderr, "usage: draw_codes FOLDER MANIFEST VARIANT...\n"), 2;
    const Figures to = plot_folder(argc, argv);
    open_phantoms(&p, argv[2]);
    int n = p.m.n, q = FIGURE_BITS;
    printf("%-18s %11s %10s %9s %9s\n", "", "correlation", "imbalance", "accuracy", "agreement");
    for (int i = 3; i < argc; i++) {
        char title[64];
        snprintf(title, sizeof title, "%s", argv[i]);
        for (char *at = title; (at = strchr(at, '_'));) *at = ' ';
        read_codes(&p, argv[1], argv[i], "image", h[0]);
        read_codes(&p, argv[1], argv[i], "text", h[1]);
        printf("%-18s %11.3f %10.3f %9.3f %9.3f\n", title, correlation(h[0], h[1], p.apart, n, q),
               imbalance(h[0], n, q), nearest_mean(h[0], h[1], p.label, n, q, p.m.n_labels),
               agreement(h[0], h[1], n * q));
        draw_variant(&to, title, h[0], h[1], p.apart, "dissimilarity of labels", n, q);
    }
    manifest_free(&p.m);
    return 0;
}
