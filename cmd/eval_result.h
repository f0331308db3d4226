/* What `eval` measures and prints. */
#ifndef CMD_EVAL_RESULT_H
#define CMD_EVAL_RESULT_H

#include "cmd/args.h"
#include "cmd/eval_judged.h"
#include "train/membership.h"

enum { PARTNER_CUTS = 3 }; /* 1, 5, 10 */

/* All that is printed. Arrays of two are by the modality of the query.
 * interval: 95 % interval of MAP, over groups of queries. partner: share of the queries whose own other modality is among the first 1, 5
 * and 10 of all queries' other modalities. compat_map: MAP by the formula `compat`; -1: none. label_name: (classes) or NULL. */
typedef struct {
    const char *run, *codes; /* one is NULL */
    int protocol, set, compat;
    int seen; /* cases that the model was trained on */
    const char *const *label_name;
    const Evaluation *e;
    Interval interval[2];
    double partner[2][PARTNER_CUTS], compat_map[2];
    const Calibration *calibration; /* of the model; NULL: codes of any program */
    Judged judged;
    Membership membership; /* members is 0 without --membership */
} EvalResult;

/* eval_names.c and eval_report.c */
extern const char *const EVAL_PROTOCOLS[], *const EVAL_SETS[];
const char *eval_described(const EvalResult *r); /* "test queries against ..." */
/* Measures and prints r, whose evaluation holds codes, labels and groups. */
Status eval_report(Args *a, EvalResult *r, Error *err);

/* ---- eval_measures.c, of the part measures ---- */

/* Adds intervals, partners, the formula of --compat and what the model promised; writes the files of --dump, --curves and --html. */
Status eval_measure(Args *a, EvalResult *r, Error *err);
#define EVAL_MEASURES_HEAD "  95 %% interval   random  P@10   NDCG   partner in 1/5/10\n"
/* The columns of that head, for queries of modality k; what follows the table of both directions; the health of the codes. */
void eval_print_measures(const EvalResult *r, Modality k);
void eval_print_rest(const EvalResult *r);
void eval_print_health(const Evaluation *e);
void eval_print_membership(const Membership *m);

/* ---- eval_json.c, of the part json; eval_codes.c, of the part audit ---- */

void eval_print_json(const EvalResult *r);
/* STATUS_USAGE where an option is given that the source of the codes does not use. */
Status eval_check_options(const Args *a, const EvalResult *r, Error *err);
extern const char EVAL_NOTES[]; /* the words below the options of --help */
/* --codes: codes of any program. */
Status eval_codes(Args *a, EvalResult *r, Error *err);

#endif
