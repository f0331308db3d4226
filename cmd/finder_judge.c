#include <math.h>

#include "cmd/finder_groups.h"
#include "hash/search/index_filter.h"

void finder_judge(const Finder *f, const SearchOptions *o, bool by_code, Answer *a) {
    const Calibration *c = &f->model.calibration;
    bool known = f->has_model && by_code && a->found == modality_other(a->asked) && c->share;
    if (known) a->chance = c->chance[a->asked];
    if (known) a->chance_from = c->chance_from[a->asked];
    bool all = !o->filter || o->filter->passed == index_live(f->index);
    if (known && all && a->row < 0 && a->asked == MODALITY_TEXT && a->n && c->usual >= 0)
        a->unlike = a->near[0].distance > c->usual;
    known = known && !a->unlike;
    for (size_t i = 0; i < a->n; i++) {
        const char *id = f->has_model ? index_id(f->index, a->hit[i].row) : NULL;
        a->hit[i].trained_on =
            id ? (Trained)calibration_trained_on(c, id, index_text(f->index, a->hit[i].row))
               : TRAINED_UNKNOWN;
        for (int k = 0; known && k < 2; k++)
            a->hit[i].range[k] = calibration_bound(c, a->asked, a->hit[i].distance, k);
        a->hit[i].confidence = known ? calibration_share(c, a->asked, a->hit[i].distance) : (double)NAN;
    }
}
