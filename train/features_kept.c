#include "train/features.h"

/* End to end the extractors change: nothing can be kept. */
const FeatureCache *features_kept(const Session *s, Set set) {
    const FeatureCache *kept = s->kept && !s->config.end_to_end ? &s->kept[set] : NULL;
    bool fits = kept && kept->landmarks == s->config.landmarks && kept->held_out == s->config.held_out &&
                kept->semantic == s->config.semantic;
    return fits ? kept : NULL;
}

bool features_borrow(FeatureCache *f, const Session *s, const int *index, int augmented) {
    for (Set set = 0; set < SET_COUNT; set++) {
        const FeatureCache *kept = index == s->index[set] ? features_kept(s, set) : NULL;
        if (!kept || kept->views != 1 + augmented) continue;
        *f = *kept;
        f->borrowed = true;
        return true;
    }
    return false;
}
