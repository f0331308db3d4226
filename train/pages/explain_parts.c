/* What several sections of explain.html show of a case. */
#include "train/pages/explain_parts.h"

#include <stdio.h>

#include "data/picture/png_write.h"
#include "eval/page/markup.h"
#include "nn/base/alloc.h"

size_t explain_labels(const Explain *e, int which, ExplainScratch *scratch) {
    const Session *s = &e->session;
    size_t n = 0, c = (size_t)session_classes(s);
    for (size_t k = 0; k < c; k++)
        if (s->manifest.labels[(size_t)which * c + k]) scratch->labels[n++] = s->manifest.label_names[k];
    return n;
}

void explain_trust(const Explain *e, char *text, size_t size) {
    *text = 0;
    if (e->trust >= 1) return;
    double v = (double)e->model->expert_share->data[0], t = (double)e->model->expert_share->data[1];
    const char *end = e->trust > 0
                          ? "Their values above hold this factor."
                          : "So both are left out. On validation cases no share of the networks was better "
                            "than none by more than one standard error: the networks know the training cases "
                            "by heart and little of others, and pairs and labels of training cases would "
                            "teach that. L_soft alone says which codes should be near.";
    snprintf(text, size,
             "L_align and L_man of stage 2 count g times their weight. Equation trust: g = min(1, 2 alpha) = "
             "%.3g, where "
             "alpha = (%.2g + %.2g)/2 is the mean share that the mixture of stage 1 gives to the networks of "
             "pictures and texts, beside the experts. %s",
             e->trust, v, t, end);
}

Status explain_picture(Buffer *uri, const Explain *e, int which, ExplainScratch *s, Error *err) {
    const uint8_t *picture;
    Buffer png = {0};
    int side = e->session.config.image_size;
    TRY(dataset_picture(&e->session.data, which, s->pixels, &picture, err));
    png_encode_gray(&png, picture, side, side);
    markup_raw(uri, "data:image/png;base64,");
    markup_base64(uri, png.data, png.size);
    buffer_add(uri, "", 1);
    bool failed = png.failed || uri->failed;
    buffer_free(&png);
    return failed ? mem_error(err, "a picture") : STATUS_OK;
}
