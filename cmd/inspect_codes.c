#include "cmd/inspect_codes.h"

#include <stdio.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/pages/inspect_page.h"
#include "train/run.h"

static void show_health(const Evaluation *e, const char *page) {
    printf("\ncodes of the database   distinct    share of ones      constant bits  entropy  |correlation|  "
           "mean tie\n");
    for (Modality k = 0; k < MODALITIES; k++) {
        const CodeHealth *h = &e->health[k];
        printf("%-20s %8zu/%-6zu %6.2f [%.2f, %.2f] %8d %14.3f %11.3f %13.1f\n", modality_name(k),
               h->distinct, h->codes, h->bit_mean, h->bit_mean_low, h->bit_mean_high, h->constant_bits,
               h->entropy, h->correlation, h->mean_tie);
    }
    printf("\npage: %s\n", page);
}

/* Computes the codes of queries and database from the manifest, prints their health and draws it. */
static Status draw_health(Args *a, const char *run, const char *data, const char *page, Error *err) {
    ModelFile f;
    Session s;
    Evaluation e = {0};
    ManifestOptions o = args_manifest(a);
    o.need_labels = true;
    Status status = run_open(&f, &s, run, data, &o, a->pool, &a->log, err);
    if (status == STATUS_OK) status = evaluation_run(&e, &s, &f.model, SET_QUERY, PROTOCOL_HONEST, err);
    if (status == STATUS_OK) status = inspect_page(page, &s, &e, err);
    if (status == STATUS_OK) show_health(&e, page);
    evaluation_free(&e);
    session_close(&s);
    model_close(&f);
    return status;
}

Status inspect_codes(Args *a, const char *run, Error *err) {
    bool asked = args_has(a, "html") || args_has(a, "data");
    char *config = path_join(run, "config.txt"), *data = NULL,
         *page = args_get(a, "html") ? mem_strdup(args_get(a, "html")) : path_join(run, "inspect.html");
    Status s = config && page ? args_pool(a, err) : mem_error(err, "the run");
    if (s == STATUS_OK && !args_has(a, "data")) s = config_data(config, &data, err);
    if (s == STATUS_OK) s = draw_health(a, run, data ? data : args_get(a, "data"), page, err);
    if ((s == STATUS_INPUT || s == STATUS_IO) && !asked) {
        log_warn(&a->log,
                 "%s; the health of the codes is left out: name the cases with --data, or another page with "
                 "--html",
                 err->message);
        *err = (Error){0};
        s = STATUS_OK;
    }
    mem_free(config);
    mem_free(data);
    mem_free(page);
    return s;
}
