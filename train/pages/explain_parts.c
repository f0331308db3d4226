/* What several sections of explain.html show of a case. */
#include "train/pages/explain_parts.h"

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
