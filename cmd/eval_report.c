#include <stdio.h>

#include "cmd/eval_result.h"
#include "nn/base/parts.h"

static void print_retrieval(const EvalResult *r) {
    printf("               MAP   [pessimistic, optimistic]");
    printf(PART_MEASURES ? EVAL_MEASURES_HEAD : "  random  P@10\n");
    for (Modality k = 0; k < MODALITIES; k++) {
        const Retrieval *d = &r->e->direction[k];
        printf("%-13s  %.3f [%.3f, %.3f]             ", k ? "text to image" : "image to text",
               d->map.expected, d->map.pessimistic, d->map.optimistic);
        if (PART_MEASURES)
            eval_print_measures(r, k);
        else
            printf("%.3f   %.3f\n", d->map_random, d->precision[CUT_10]);
    }
    if (PART_MEASURES) eval_print_rest(r);
    if (PART_MEASURES) eval_print_health(r->e);
    if (PART_MEASURES && r->membership.members) eval_print_membership(&r->membership);
}

static void print_table(const EvalResult *r) {
    const Evaluation *e = r->e;
    printf("%s: %d bits, %zu %s: %zu\n\n", r->run ? r->run : r->codes, e->query.bits, e->query.n,
           eval_described(r), e->database.n);
    print_retrieval(r);
    for (int k = 0; k < 2; k++)
        if (e->direction[k].without_relevant)
            printf("\n%s: %zu queries have no relevant database case and count 0\n",
                   k ? "text to image" : "image to text", e->direction[k].without_relevant);
}

Status eval_report(Args *a, EvalResult *r, Error *err) {
    if (PART_MEASURES) TRY(eval_measure(a, r, err));
    if (PART_JSON && args_has(a, "json"))
        eval_print_json(r);
    else
        print_table(r);
    return STATUS_OK;
}
