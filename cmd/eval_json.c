#include <stdio.h>

#include "cmd/eval_result.h"
#include "cmd/json_out.h"

static void json_cuts(const char *name, const double *value, const int *cut, int n) {
    printf(",\"%s\":{", name);
    for (int i = 0; i < n; i++) {
        printf("%s\"%d\":", i ? "," : "", cut[i]);
        json_number(value[i]);
    }
    putchar('}');
}

static void json_direction(const EvalResult *r, int k) {
    const Retrieval *d = &r->e->direction[k];
    printf(",\"%s\":{\"map\":{\"pessimistic\":", k ? "text_to_image" : "image_to_text");
    json_number(d->map.pessimistic);
    json_number_field("expected", d->map.expected);
    json_number_field("optimistic", d->map.optimistic);
    putchar('}');
    json_number_field("map_low", r->interval[k].low);
    json_number_field("map_high", r->interval[k].high);
    if (r->compat >= 0) json_number_field("map_compat", r->compat_map[k]);
    json_number_field("p_at_10", d->precision[CUT_10]);
    json_cuts("p_at", d->precision, retrieval_cut, RETRIEVAL_CUTS);
    json_cuts("map_at", d->map_at, retrieval_cut, RETRIEVAL_CUTS);
    json_cuts("ndcg_at", d->ndcg_at, retrieval_cut, RETRIEVAL_CUTS);
    json_cuts("partner_recall_at", r->partner[k], (const int[]){1, 5, 10}, PARTNER_CUTS);
    json_number_field("ndcg", d->ndcg);
    json_number_field("mean_tie", d->mean_tie);
    json_number_field("map_random", d->map_random);
    json_number_field("without_relevant", (double)d->without_relevant);
    json_number_field("radius2_precision", d->lookup_precision);
    json_number_field("radius2_recall", d->lookup_recall);
    json_number_field("radius2_empty", d->lookup_empty);
    putchar('}');
}

static void json_health(const CodeHealth *h) {
    printf("{\"codes\":%zu,\"distinct\":%zu", h->codes, h->distinct);
    json_number_field("bit_mean", h->bit_mean);
    json_number_field("bit_mean_low", h->bit_mean_low);
    json_number_field("bit_mean_high", h->bit_mean_high);
    json_number_field("constant_bits", h->constant_bits);
    json_number_field("entropy", h->entropy);
    json_number_field("entropy_low", h->entropy_low);
    json_number_field("correlation", h->correlation);
    json_number_field("correlation_high", h->correlation_high);
    json_number_field("mean_tie", h->mean_tie);
    putchar('}');
}

void eval_print_json(const EvalResult *r) {
    const Evaluation *e = r->e;
    printf("{\"bits\":%d", e->query.bits);
    if (r->run)
        printf(",\"protocol\":\"%s\",\"set\":\"%s\",\"trained_on\":%d", EVAL_PROTOCOLS[r->protocol],
               EVAL_SETS[r->set], r->seen);
    printf(",\"queries\":%zu,\"database\":%zu", e->query.n, e->database.n);
    for (int k = 0; k < 2; k++) json_direction(r, k);
    printf(",\"codes\":{\"image\":");
    json_health(&e->health[0]);
    printf(",\"text\":");
    json_health(&e->health[1]);
    printf("}");
    if (r->calibration) judged_json(&r->judged);
    if (r->membership.members) {
        const Membership *m = &r->membership;
        printf(",\"membership\":{\"members\":%zu,\"others\":%zu", m->members, m->others);
        json_number_field("area", m->area.value);
        json_number_field("area_low", m->area.low);
        json_number_field("area_high", m->area.high);
        putchar('}');
    }
    printf("}\n");
}
