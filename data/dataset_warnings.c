#include "data/dataset.h"

void dataset_warn_of_scaled(const Manifest *m, const bool *scaled, const Log *log) {
    int n = 0, first = 0;
    for (int i = m->n - 1; i >= 0; i--)
        if (scaled[i]) n++, first = i;
    if (n)
        log_warn(
            log,
            "%s: has 16 bits and uses less than a quarter of their range; its values are scaled from its "
            "minimum to its maximum, as those of a DICOM file are (%d such picture%s)",
            m->cases[first].image_path, n, n == 1 ? "" : "s");
}
