#include "cmd/encode_dump.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

static const char *const KINDS[] = {"image", "text", NULL}; /* by Modality */

/* Whether features of one's own are to be encoded without a manifest. */
static bool own_row_file(const Args *a) {
    return args_has(a, "image-features") || args_has(a, "text-features");
}

static Status modalities(const Args *a, bool use[2], Error *err) {
    int as = -1;
    TRY(args_choice(a, "as", KINDS, &as, err));
    if (own_row_file(a)) {
        if (args_has(a, "image") || args_has(a, "text") ||
            (args_has(a, "image-features") && args_has(a, "text-features")))
            return args_wrong(a, err, "without --data, --image-features or --text-features stands alone");
        use[args_has(a, "image-features") ? MODALITY_IMAGE : MODALITY_TEXT] = true;
        return STATUS_OK;
    }
    for (int m = 0; m < 2; m++) {
        use[m] = args_has(a, KINDS[m]);
        if (use[m] && as == 1 - m) return args_wrong(a, err, "--%s contradicts --as %s", KINDS[m], KINDS[as]);
    }
    return use[0] || use[1]
               ? STATUS_OK
               : args_incomplete(a, err, "--data, --image, --text or --image-features is needed");
}

static Status read_words(const Args *a, EncodeJob *j, Error *err) {
    CaseWords w = {0};
    Status s = args_list(a, "image", &w.images, &w.n_images, err);
    if (s == STATUS_OK) s = args_list(a, "text", &w.texts, &w.n_texts, err);
    for (int i = 0; s == STATUS_OK && i < w.n_texts; i++)
        if (!w.texts[i][0]) s = args_wrong(a, err, "text %d of --text is empty", i + 1);
    if (s == STATUS_OK) s = cases_of_words(&j->cases, j->f, &w, a->pool, &a->log, err);
    mem_free(w.images);
    mem_free(w.texts);
    return s;
}

Status encode_read_words(const Args *a, EncodeJob *j, Error *err) {
    TRY(modalities(a, j->use, err));
    if (!own_row_file(a)) return read_words(a, j, err);
    ManifestOptions o = args_manifest(a);
    return cases_of_features(&j->cases, j->f, o.features, a->pool, err);
}
