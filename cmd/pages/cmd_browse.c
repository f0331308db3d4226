#include <stdio.h>

#include "cmd/pages/gallery.h"
#include "cmd/verbs.h"

static const Option OPTIONS[] = {
    {"index", 'x', "FILE.idx", NULL, "the archive to show", NEEDED},
    {"out", 'o', "DIR", NULL, "the folder to create; open DIR/index.html in a browser", NEEDED},
    {"model", 'm', "FILE", NULL,
     "the model, or the run, of the index: pages mark its training cases and show shares of findings", PLAIN},
    {"top", 'k', "N", "12", "number of nearest reports and nearest pictures of each case", PLAIN},
    {"per-group", 'g', "N", "1", "most hits of one patient, case or video; 0: all", PLAIN},
    {"pictures", 0, "DIR", NULL, "where the pictures are, if they are not where the index says", PLAIN},
    {"yes", 0, NULL, NULL, "write a gallery of more than a gigabyte", PLAIN},
    OPTION_THREADS,
    OPTION_LAST};

static Status run(Args *a, Error *err) {
    Gallery g = {0};
    TRY(args_pool(a, err));
    Status s = gallery_open(&g, a, err);
    if (s == STATUS_OK) s = gallery_write(&g, err);
    if (s == STATUS_OK) printf("%s/index.html\n", args_get(a, "out"));
    if (s == STATUS_OK && g.broken)
        s = error_set(
            err, STATUS_CHECK,
            "%s: %zu of %zu pictures %s missing or damaged; its pages say so; name the folder of the "
            "pictures with --pictures DIR, or put them where the index names them",
            args_get(a, "index"), g.broken, g.pictures, g.broken == 1 ? "is" : "are");
    gallery_close(&g);
    return s;
}

const Verb VERB_BROWSE = {"browse",
                          "write a gallery of an archive: each case with its nearest reports and pictures",
                          "msach browse --model runs/first --index phantoms.idx --out gallery",
                          NULL,
                          OPTIONS,
                          run,
                          "The folder holds pages and small pictures. It needs no server and no network.\n"
                          "It shows every report of the archive to whoever opens it.",
                          STOP_ITSELF};
