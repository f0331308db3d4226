#include <stdio.h>

#include "cmd/pages/gallery.h"
#include "cmd/verbs.h"

enum { MOST_NEIGHBOURS = 100 };

static const Option OPTIONS[] = {
    {"index", 'x', "FILE.idx", NULL, "the archive to show", NEEDED},
    {"out", 'o', "DIR", NULL, "the folder to create; open DIR/index.html in a browser", NEEDED},
    {"top", 'k', "N", "12", "number of nearest reports and nearest pictures of each case", PLAIN},
    OPTION_THREADS,
    OPTION_LAST};

static Status run(Args *a, Error *err) {
    Gallery g = {0};
    long k;
    const char *out = args_get(a, "out");
    TRY(args_int(a, "top", 1, MOST_NEIGHBOURS, &k, err));
    TRY(args_pool(a, err));
    Status s = gallery_open(&g, args_get(a, "index"), (size_t)k, a->pool, &a->log, err);
    if (s == STATUS_OK) s = gallery_write(&g, out, &cmd_stop, err);
    if (s == STATUS_OK) printf("%s/index.html\n", out);
    if (s == STATUS_OK && g.broken)
        s = error_set(err, STATUS_CHECK,
                      "%s: %zu of %zu pictures %s missing or damaged; its pages say so; paths are relative "
                      "to the folder of the index",
                      args_get(a, "index"), g.broken, g.pictures, g.broken == 1 ? "is" : "are");
    gallery_close(&g);
    return s;
}

const Verb VERB_BROWSE = {"browse",
                          "write a gallery of an archive: each case with its nearest reports and pictures",
                          "msach browse --index phantoms.idx --out gallery",
                          NULL,
                          OPTIONS,
                          run,
                          "The folder holds pages and small pictures. It needs no server and no network.\n"
                          "It shows every report of the archive to whoever opens it.",
                          STOP_ITSELF};
