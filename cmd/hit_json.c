#include "cmd/hit_json.h"

#include <math.h>
#include <stdio.h>

#include "cmd/json_out.h"
#include "nn/base/alloc.h"

static void add_text(Buffer *b, const char *name, const char *text) {
    buffer_printf(b, ",\"%s\":", name);
    json_add_text(b, text);
}

static void add_number(Buffer *b, const char *name, double v) {
    buffer_printf(b, isfinite(v) ? ",\"%s\":%.9g" : ",\"%s\":null", name, v);
}

Status hit_json(Buffer *b, const Finder *f, const Answer *a, size_t i, const char *query, const char *image,
                Error *err) {
    static const char *const trained[] = {"null", "false", "true"}; /* by Trained + 1 */
    const AnswerHit *h = &a->hit[i];
    IndexCase c;
    TRY(index_case(f->index, h->row, &c, err));
    buffer_printf(b, "{");
    if (query) {
        buffer_printf(b, "\"query\":");
        json_add_text(b, query);
        buffer_printf(b, ",");
    }
    buffer_printf(b, "\"rank\":%zu", i + 1);
    add_text(b, "id", c.id);
    add_number(b, "distance", h->distance < 0 ? (double)NAN : h->distance);
    add_number(b, "score", h->score);
    add_number(b, "confidence", h->confidence);
    add_number(b, "confidence_low", h->range[0]);
    add_number(b, "confidence_high", h->range[1]);
    buffer_printf(b, ",\"trained_on\":%s", trained[h->trained_on + 1]);
    add_text(b, "group", h->group);
    buffer_printf(b, ",\"more\":%lld,\"ties\":%lld,\"labels\":", (long long)h->more, (long long)a->ties);
    json_add_texts(b, c.labels, (size_t)c.n_labels);
    add_text(b, "image", image);
    add_text(b, "text", c.text);
    buffer_printf(b, ",\"unknown_words\":");
    json_add_texts(b, (const char *const *)a->unknown, a->n_unknown);
    buffer_printf(b, ",\"unlike\":%s}", a->unlike ? "true" : "false");
    return b->failed ? mem_error(err, "a hit") : STATUS_OK;
}

Status hit_json_print(const Finder *f, const Answer *a, size_t i, const char *query, const char *picture,
                      Error *err) {
    Buffer line = {0};
    Status status = hit_json(&line, f, a, i, query, picture, err);
    if (status == STATUS_OK) printf("%s\n", buffer_text(&line));
    buffer_free(&line);
    return status;
}
