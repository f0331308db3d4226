/* Every request for memory and every system call may fail: the real verbs report it and exit with 4, or succeed; old files stay
 * unchanged, and no partly written file remains. */
#include <errno.h>
#include <stdio.h>

#include "tests/check.h"
#include "tests/faulty.h"
#include "tests/fixtures.h"

enum { FEW = 4, FEW_TABLES = 2 /* each takes a second */, FEW_SMALL = 3, ENDS = 3 };

static int goes_on(const TreeFile *f) {
    return strstr(f->name, "checkpoint.safetensors") || strstr(f->name, "metrics.tsv") ||
           strstr(f->name, "table/work/");
}

/* Each file is the old one or the new one, whole. */
static void check_files(Faulty *s, const char *fault) {
    Tree now = tree_read(s->out);
    for (int i = 0; i < s->before.n; i++)
        if (!tree_find(&now, s->before.file[i].name))
            faulty_wrong(s, fault, "%s is gone", s->before.file[i].name);
    for (int i = 0; i < now.n; i++) {
        const TreeFile *f = &now.file[i];
        if (tree_file_same(f, tree_find(&s->before, f->name)) ||
            tree_file_same(f, tree_find(&s->after, f->name)))
            continue;
        if (!s->again || !goes_on(f))
            faulty_wrong(s, fault, "%s is neither the old file nor the new one", f->name);
    }
    tree_free(&now);
}

static void check_resumed(Faulty *s, const char *fault) {
    Ran r = run_msach("%s%s", s->command, s->again);
    Tree now = tree_read(s->out);
    const char *name = tree_difference(&s->after, &now);
    if (r.code != 0 || name)
        faulty_wrong(s, fault, "resumed: exit %d, other bytes in %s", r.code, name ? name : "-");
    tree_free(&now);
    ran_free(&r);
}

static void check_end(Faulty *s, const Ran *r, const char *fault, int must_pass) {
    if (r->code == 0) {
        Tree now = tree_read(s->out);
        const char *name = tree_difference(&s->after, &now);
        if (name) faulty_wrong(s, fault, "exit 0, but %s is not as it should be", name);
        if (strcmp(r->out, s->good.out) != 0) faulty_wrong(s, fault, "exit 0, but it says\n%s", r->out);
        tree_free(&now);
    } else if (must_pass || r->code != 4) {
        faulty_wrong(s, fault, "exit %d\n%s", r->code, r->err);
    } else {
        int told = strstr(r->err, "msach: ") || strstr(r->out, "missed   ");
        if (!told || strstr(r->err, "Success")) faulty_wrong(s, fault, "no clear error: '%s'", r->err);
        check_files(s, fault);
        if (s->again) check_resumed(s, fault);
    }
}

static void try_fault(Faulty *s, const char *fault, int must_pass) {
    Ran r = faulty_run(s, fault);
    check_end(s, &r, fault, must_pass);
    ran_free(&r);
}

/* ---- A sweep ---- */

static void starve(Faulty *s) {
#if !SANITIZED
    /* KiB: from the memory of program and libraries to more than a training needs. The sanitizers reserve terabytes. */
    static const long SPACES[] = {7000,  8000,  10000, 12000,  14000,  16000,  20000,  24000,
                                  32000, 48000, 64000, 100000, 180000, 200000, 240000, 300000};
    enum { SIZES = sizeof SPACES / sizeof *SPACES };
    int few = s->few ? s->few : FEW;
    char fault[64];
    for (long n = faulty_next(0, SIZES, few + 2); n <= SIZES; n = faulty_next(n, SIZES, few + 2)) {
        snprintf(fault, sizeof fault, "space %ld", SPACES[n - 1]);
        try_fault(s, fault, 0);
    }
#else
    (void)s;
#endif
}

/* What a verb does first and what it clears away last, which a sample of places leaves out. */
static void try_ends(Faulty *s) {
    char fault[64];
    for (long n = 1; n <= ENDS && n <= s->system; n++) {
        snprintf(fault, sizeof fault, "system %ld %d once", n, ENOSPC);
        try_fault(s, fault, 0);
    }
    for (long n = 1; n <= (s->ends ? s->ends : ENDS) && n <= s->memory; n++) {
        snprintf(fault, sizeof fault, "memory %ld once", s->memory + 1 - n);
        try_fault(s, fault, 0);
    }
}

static void sweep(Faulty *s) {
    static const int codes[] = {ENOMEM, ENOSPC, EIO, EINTR, 0};
    static const char *const how[] = {"once", "always"};
    int few = s->few ? s->few : FEW;
    char fault[64];
    faulty_measure(s);
    starve(s);
    try_ends(s);
    for (int always = 0; always < 2; always++) {
        for (long n = faulty_next(0, s->memory, few); n <= s->memory; n = faulty_next(n, s->memory, few)) {
            snprintf(fault, sizeof fault, "memory %ld %s", n, how[always]);
            try_fault(s, fault, 0);
        }
        for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
            /* a few positions for each code, different ones */
            for (long n = faulty_next((long)c % 2, s->system, few); n <= s->system;
                 n = faulty_next(n, s->system, few)) {
                if (faulty_places(few) < 100 && (n + (long)c) % 3) continue;
                snprintf(fault, sizeof fault, "system %ld %d %s", n, codes[c], how[always]);
                try_fault(s, fault, codes[c] == EINTR || codes[c] == 0);
            }
        }
    }
    faulty_end(s);
}

/* ---- The verbs ---- */

Test(faults, train) {
    Faulty s = faulty_begin("train");
    faulty_train_command(&s);
    sweep(&s);
}

/* The files in progress of a killed process. */
static void remove_leftovers(const Faulty *s) {
    Tree left = tree_read(s->out);
    char path[600];
    for (int i = 0; i < left.n; i++) {
        snprintf(path, sizeof path, "%s/%s", s->out, left.file[i].name);
        if (strstr(left.file[i].name, ".lock") || strstr(left.file[i].name, ".tmp"))
            cr_assert_eq(remove(path), 0);
    }
    tree_free(&left);
}

Test(faults, train_resumed) {
    Faulty s = faulty_begin("resumed");
    faulty_train_command(&s);
    faulty_measure(&s);
    char fault[64];
    snprintf(fault, sizeof fault, "system %ld -1 once", s.system / 2);
    Ran r = faulty_run(&s, fault);
    cr_assert_eq(r.code, 128 + 9);
    ran_free(&r);
    remove_leftovers(&s);
    strcat(s.command, " --resume");
    sweep(&s);
}

Test(faults, encode) {
    Faulty s = faulty_begin("encode");
    faulty_encode_command(&s);
    sweep(&s);
}

Test(faults, index) {
    Faulty s = faulty_begin("index");
    faulty_trained(&s);
    fixture_text("index/a.idx", "MSACHIDX of long ago");
    FAULTY_COMMAND(
        s, "index -q --threads 1 --model %s/run --data %s/data/manifest.tsv --out %s/a.idx --substrings 2",
        s.root, s.root, s.out);
    sweep(&s);
}

Test(faults, index_append) {
    Faulty s = faulty_begin("append");
    faulty_indexed(&s);
    FAULTY_COMMAND(s,
                   "index -q --threads 1 --model %s/run --data %s/more/manifest.tsv --out %s/a.idx --append",
                   s.root, s.root, s.out);
    sweep(&s);
}

Test(faults, index_delete_and_compact) {
    Faulty s = faulty_begin("compact");
    faulty_indexed(&s);
    expect_msach(0, NULL, "index -q --out %s/a.idx --delete case0003 case0004", s.out);
    FAULTY_COMMAND(s, "index -q --out %s/a.idx --compact", s.out);
    sweep(&s);
}

Test(faults, search) {
    Faulty s = faulty_begin("search");
    faulty_indexed(&s);
    expect_msach(0, NULL, "index -q --model %s/run --data %s/more/manifest.tsv --out %s/a.idx --append",
                 s.root, s.root, s.out);
    char line[700];
    snprintf(line, sizeof line, "a cyst of the breast\n@id case0003\n@image %s/data/images/case0001.png\n",
             s.root);
    const char *questions = fixture_text("questions.txt", line);
    FAULTY_COMMAND(
        s, "search --threads 1 --model %s/run --index %s/a.idx --queries %s --json --id-match case.* -k 3",
        s.root, s.out, questions);
    sweep(&s);
}

Test(faults, search_page) {
    Faulty s = faulty_begin("page");
    faulty_page_command(&s);
    sweep(&s);
}

static void sweep_export(const char *format) {
    Faulty s = faulty_begin("export");
    faulty_indexed(&s);
    FAULTY_COMMAND(s, "export -q --index %s/a.idx --to %s --out %s/%s", s.out, format, s.out, format);
    sweep(&s);
}

Test(faults, export_to_numpy) {
    sweep_export("npy");
}
Test(faults, export_to_postgres) {
    sweep_export("pgcopy");
}
Test(faults, export_to_elastic) {
    sweep_export("elastic");
}

Test(faults, import_folder) {
    Faulty s = faulty_begin("import");
    faulty_import_command(&s);
    sweep(&s);
}

Test(faults, browse) {
    Faulty s = faulty_begin("browse");
    faulty_browse_command(&s);
    s.ends = 64; /* from where the page tells the command */
    sweep(&s);
}

Test(faults, bundle) {
    Faulty s = faulty_begin("bundle");
    faulty_bundle_command(&s);
    sweep(&s);
}

Test(faults, table) {
    Faulty s = faulty_begin("table");
    faulty_table_command(&s);
    s.few = FEW_TABLES;
    sweep(&s);
}

Test(faults, phantom) {
    Faulty s = faulty_begin("phantom");
    FAULTY_COMMAND(s, "phantom -q --threads 1 --out %s/new --cases 6 --size 32", s.out);
    sweep(&s);
}

Test(faults, eval_and_audit) {
    Faulty s = faulty_begin("eval");
    TinyRun t = tiny_run("tiny");
    char dump[280];
    s.few = FEW_SMALL;
    faulty_eval_command(&s);
    sweep(&s);
    snprintf(dump, sizeof dump, "%s", fixture_path("dump"));
    expect_msach(0, NULL, "eval -q --run %s --dump %s", t.run, dump);
    FAULTY_COMMAND(s,
                   "audit --threads 1 --query-codes %s/text_codes_query.npy --database-codes "
                   "%s/image_codes_database.npy --query-labels %s/labels_query.npy --database-labels "
                   "%s/labels_database.npy --query-groups %s/groups_query.txt --database-groups "
                   "%s/groups_database.txt",
                   dump, dump, dump, dump, dump, dump);
    sweep(&s);
}

/* The sanitizers reserve terabytes. */
#if !SANITIZED
Test(faults, the_space_that_is_asked_for_is_enough) {
    const char *work = "bench eval --seconds 0 --queries 64 --n 128 --threads";
    Ran small = run_faulty("MSACH_FAULT", "space 60000", "%s 1", work); /* too little to load OpenBLAS */
    if (small.code == 0) cr_skip_test("a build without OpenBLAS");
    cr_assert(small.code == 4 && strstr(small.err, "set `ulimit -v` to "), "%s", small.err);
    ran_free(&small);
    for (long threads = 1; threads <= 4; threads += 3) {
        char space[32];
        Ran r = run_faulty("MSACH_FAULT", "space 100000", "%s %ld", work, threads);
        const char *told = strstr(r.err, "set `ulimit -v` to ");
        long first, more;
        cr_assert(r.code == 4 && told, "%s", r.err);
        cr_assert_eq(sscanf(told, "set `ulimit -v` to %ld and %ld more for each thread", &first, &more), 2);
        snprintf(space, sizeof space, "space %ld", first + threads * more);
        ran_free(&r);
        r = run_faulty("MSACH_FAULT", space, "%s %ld", work, threads);
        cr_assert_eq(r.code, 0, "%s: %s", space, r.err);
        ran_free(&r);
    }
}
#endif

Test(faults, privacy) {
    Faulty s = faulty_begin("privacy");
    faulty_indexed(&s);
    s.least_memory = 3, s.least_system = 0; /* it reads one file */
    FAULTY_COMMAND(s, "inspect --privacy %s/run/model.safetensors", s.root);
    sweep(&s);
    FAULTY_COMMAND(s, "inspect --privacy %s/a.idx", s.out);
    sweep(&s);
}

Test(faults, verify) {
    Faulty s = faulty_begin("verify");
    faulty_indexed(&s);
    FAULTY_COMMAND(s, "verify %s/run/model.safetensors %s/run/checkpoint.safetensors %s/a.idx", s.root,
                   s.root, s.out);
    sweep(&s);
}
