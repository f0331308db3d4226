/* The verbs: one file each, one row each. */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include "cmd/args.h"
#include "cmd/terminal.h"

/* name: as typed. verb: NULL where this build lacks it; `absent` then says how to get it. */
typedef struct {
    const char *name;
    const Verb *verb;
    const char *absent;
} VerbRow;

/* Ends with a NULL name; in the order of --help. */
extern const VerbRow VERBS[];

extern const Verb VERB_PHANTOM, VERB_TRAIN, VERB_EVAL, VERB_ENCODE, VERB_INDEX, VERB_SEARCH, VERB_INSPECT,
    VERB_VERIFY, VERB_DEMO, VERB_IMPORT, VERB_AUDIT, VERB_BUNDLE, VERB_EXPORT, VERB_BENCH, VERB_TABLE,
    VERB_BROWSE, VERB_SERVE;

#endif
