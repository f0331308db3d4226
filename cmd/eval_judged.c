#include "cmd/eval_judged.h"

#include <stdio.h>

#include "cmd/json_out.h"
#include "nn/base/alloc.h"

static Status measure_gain(Judged *j, const Evaluation *e, const Retrieval *r, Modality from, Error *err) {
    size_t n = r->queries;
    double *score = mem_calloc(2 * n, sizeof *score);
    if (!score) return mem_error(err, "the asymmetric ranking");
    for (size_t q = 0; q < n; q++) {
        score[q] = r->query[q].ap.expected;
        score[n + q] = e->direction[from].query[q].ap.expected;
    }
    BootstrapSample sample = {.group = e->query.group, .n = n};
    Status s = bootstrap_difference(&j->gain[from], score, score + n, &sample, 0.95, 1, err);
    mem_free(score);
    return s;
}

Status judged_measure(Judged *j, const Evaluation *e, const Calibration *c, Pool *pool, Error *err) {
    for (Modality from = 0; from < MODALITIES; from++) {
        Retrieval r;
        RetrievalTask t = evaluation_task(e, from);
        Status s = evaluation_asymmetric(e, from, &r, pool, err);
        j->map[from] = r.map.expected;
        if (s == STATUS_OK) s = measure_gain(j, e, &r, from, err);
        retrieval_free(&r);
        TRY(s);
        TRY(calibrate_compare(c, &t, j->bin[from], &j->bins[from], err));
    }
    return STATUS_OK;
}

static void json_gain(const Judged *j, Modality from) {
    printf("{\"map\":");
    json_number(j->map[from]);
    json_number_field("gain", j->gain[from].value);
    json_number_field("gain_low", j->gain[from].low);
    json_number_field("gain_high", j->gain[from].high);
    putchar('}');
}

static void json_bins(const Judged *j, Modality from) {
    putchar('[');
    for (int i = 0; i < j->bins[from]; i++) {
        const CalibrationBin *b = &j->bin[from][i];
        printf("%s{\"pairs\":%.0f", i ? "," : "", b->pairs);
        json_number_field("predicted", b->predicted);
        json_number_field("low", b->low);
        json_number_field("high", b->high);
        json_number_field("observed", b->observed);
        putchar('}');
    }
    putchar(']');
}

void judged_json(const Judged *j) {
    static const char *const way[] = {"\"image_to_text\":", ",\"text_to_image\":"};
    printf(",\"asymmetric\":{");
    for (Modality m = 0; m < MODALITIES; m++) fputs(way[m], stdout), json_gain(j, m);
    printf("},\"confidence\":{");
    for (Modality m = 0; m < MODALITIES; m++) fputs(way[m], stdout), json_bins(j, m);
    putchar('}');
}

void judged_print(const Judged *j) {
    static const char *const way[] = {"image to text", "text to image"};
    printf("\nasymmetric     MAP    gain over bits, 95 %% interval (order by the query's scores: search "
           "--rerank)\n");
    for (Modality m = 0; m < MODALITIES; m++)
        printf("%-13s  %.3f  %+.3f, %+.3f to %+.3f\n", way[m], j->map[m], j->gain[m].value, j->gain[m].low,
               j->gain[m].high);
    if (!j->bins[0] && !j->bins[1]) return;
    printf("\nconfidence     predicted/observed share of pairs with a common label, in bins from near to "
           "far; the range\n"
           "               that it has with other patients\n");
    for (Modality m = 0; m < MODALITIES; m++) {
        printf("%-13s", way[m]);
        for (int i = 0; i < j->bins[m]; i++)
            printf("  %.2f/%.2f", j->bin[m][i].predicted, j->bin[m][i].observed);
        printf("\n%-13s", "  95 %");
        for (int i = 0; i < j->bins[m]; i++) printf("  %.2f-%.2f", j->bin[m][i].low, j->bin[m][i].high);
        putchar('\n');
    }
}
