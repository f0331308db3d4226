#include "cmd/verbs.h"

#include "nn/base/parts.h"

/* VERB_IF(PART_TABLE, VERB_TABLE) is &VERB_TABLE, or NULL in a build without the part. */
#define VERB_IF(part, verb) VERB_IF_EXPANDED(part, verb)
#define VERB_IF_EXPANDED(part, verb) VERB_IF_##part(verb)
#define VERB_IF_1(verb) &verb
#define VERB_IF_0(verb) NULL

const VerbRow VERBS[] = {
    {"phantom", VERB_IF(PART_PHANTOM, VERB_PHANTOM), PART_ABSENT("phantom")},
    {"import", VERB_IF(PART_IMPORT, VERB_IMPORT), PART_ABSENT("import")},
    {"train", &VERB_TRAIN, NULL},
    {"eval", &VERB_EVAL, NULL},
    {"encode", &VERB_ENCODE, NULL},
    {"index", &VERB_INDEX, NULL},
    {"search", &VERB_SEARCH, NULL},
    {"serve", VERB_IF(PART_SERVE, VERB_SERVE),
     PART_ABSENT("serve") "; where libevent is missing, install it first (apt install libevent-dev; dnf "
                          "install libevent-devel; apk add "
                          "libevent-dev; brew install libevent; pkg install libevent)"},
    {"browse", VERB_IF(PART_PAGES, VERB_BROWSE), PART_ABSENT("browse")},
    {"export", VERB_IF(PART_EXPORT, VERB_EXPORT), PART_ABSENT("export")},
    {"inspect", &VERB_INSPECT, NULL},
    {"verify", VERB_IF(PART_VERIFY, VERB_VERIFY), PART_ABSENT("verify")},
    {"demo", VERB_IF(PART_PHANTOM, VERB_DEMO), PART_ABSENT("demo")},
    {"audit", VERB_IF(PART_AUDIT, VERB_AUDIT), PART_ABSENT("audit")},
    {"bundle", VERB_IF(PART_AUDIT, VERB_BUNDLE), PART_ABSENT("bundle")},
    {"bench", VERB_IF(PART_BENCH, VERB_BENCH), PART_ABSENT("bench")},
    {"table", VERB_IF(PART_TABLE, VERB_TABLE), PART_ABSENT("table")},
    {NULL, NULL, NULL},
};
