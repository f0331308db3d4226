#include <stddef.h>

#include "cmd/eval_result.h"

const char *const EVAL_PROTOCOLS[] = {"honest", "published", NULL};
const char *const EVAL_SETS[] = {"test", "val", NULL};

const char *eval_described(const EvalResult *r) {
    if (r->codes) return "queries against a database";
    if (r->set == 1) return "validation queries, each against the validation cases of other groups";
    if (r->protocol == PROTOCOL_PUBLISHED)
        return "test queries against the TRAINING cases (published protocol: says little about new cases)";
    if (r->seen)
        return "test queries against a database; the model was trained on some of these cases, by their ids "
               "and reports: "
               "the figures are too high";
    return "test queries against database cases that were never trained on";
}
