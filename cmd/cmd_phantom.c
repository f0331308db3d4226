#include <stdio.h>
#include <string.h>

#include "cmd/verbs.h"
#include "data/phantom/phantom.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

static const Option OPTIONS[] = {
    {"out", 'o', "DIR", NULL, "folder to write: manifest.tsv, images/, truth.tsv", NEEDED},
    {"cases", 'n', "N", "600", "number of cases", PLAIN},
    {"size", 0, "N", "96", "side of the images, pixels", PLAIN},
    {"lang", 0, "LANG", "mixed", "language of the reports: en, zh or mixed", PLAIN},
    {"seed", 0, "N", "1", "each seed gives another archive", PLAIN},
    OPTION_THREADS,
    OPTION_LAST};

static Status run(Args *a, Error *err) {
    static const char *const langs[] = {"en", "zh", "mixed", NULL};
    static const PhantomLang lang_of[] = {PHANTOM_EN, PHANTOM_ZH, PHANTOM_MIXED};
    PhantomOptions o = phantom_defaults();
    o.stop = &cmd_stop;
    long cases, size, seed;
    int lang;
    TRY(args_int(a, "cases", 1, PHANTOM_MAX_CASES, &cases, err));
    TRY(args_int(a, "size", PHANTOM_MIN_SIZE, PHANTOM_MAX_SIZE, &size, err));
    TRY(args_int(a, "seed", 0, 1000000000, &seed, err));
    TRY(args_choice(a, "lang", langs, &lang, err));
    TRY(args_pool(a, err));
    o.cases = (int)cases;
    o.size = (int)size;
    o.seed = (uint64_t)seed;
    o.lang = lang_of[lang];
    TRY(phantom_write(args_get(a, "out"), &o, a->pool, &a->log, err));
    char *manifest = path_join(args_get(a, "out"), "manifest.tsv");
    if (!manifest) return mem_error(err, "the path of the manifest");
    printf("%s\n", manifest);
    mem_free(manifest);
    return STATUS_OK;
}

const Verb VERB_PHANTOM = {"phantom",
                           "make a synthetic ultrasound set with known truth",
                           "msach phantom --out phantoms --cases 600",
                           NULL,
                           OPTIONS,
                           run,
                           "The pictures are synthetic: no patient. The same options give the same bytes.",
                           STOP_ITSELF};
