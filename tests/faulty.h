/* A verb of the real command over a tiny archive, run repeatedly from the same state, without a fault or with one. */
#ifndef TESTS_FAULTY_H
#define TESTS_FAULTY_H

#include "tests/run_command.h"
#include "tests/tree.h"

typedef struct {
    char root[256];     /* data/manifest.tsv, and run/ after faulty_trained */
    char out[300];      /* the folder that the verb may change */
    char command[2048]; /* of FAULTY_COMMAND */
    const char *
        again; /* option that continues from partly written files to the same result; NULL: the command starts from the beginning */
    int few;   /* positions of a sweep; 0: 4 */
    long ends; /* the last requests for memory that are each tried; 0: three */
    Tree before, after;
    Ran good;
    long memory, system; /* numbers of requests of a run without faults */
    long least_memory,
        least_system; /* the least numbers of requests: 10 and 3, or smaller ones for a small verb */
    int runs, wrong;
} Faulty;

#define FAULTY_COMMAND(f, ...) snprintf((f).command, sizeof(f).command, __VA_ARGS__)

/* An archive of twenty phantoms and an empty folder `name`. */
Faulty faulty_begin(const char *name);
void faulty_end(Faulty *f); /* fails the test where something was wrong */
void faulty_trained(const Faulty *f);
/* Adds a trained run, an index out/a.idx of the archive, and a second archive more/ with other ids. */
void faulty_indexed(const Faulty *f);
/* The command that trains into out/run. */
void faulty_train_command(Faulty *f);
/* A source for `import folder`: source/CLASS/NAME.png and .txt. */
void faulty_import_source(void);
/* Commands that create a new folder in out, with their input: a data set, a gallery, a bundle. */
void faulty_import_command(Faulty *f);
void faulty_browse_command(Faulty *f);
void faulty_bundle_command(Faulty *f);
/* Commands that write files in out, some of them over old ones: codes with a dump, the page of a search, the dump of an evaluation. */
void faulty_encode_command(Faulty *f);
void faulty_page_command(Faulty *f);
void faulty_eval_command(Faulty *f);
/* The command that makes a small table in out/table. */
void faulty_table_command(Faulty *f);
/* A run without faults on the files in out: fills f->before, f->after, f->good and the counts. */
void faulty_measure(Faulty *f);
/* A run from f->before, with a fault of tests/faults/plant.c. */
Ran faulty_run(Faulty *f, const char *fault);
/* Counts a failure and prints it. */
void faulty_wrong(Faulty *f, const char *fault, const char *fmt, ...) NN_PRINTF(3, 4);

/* The place after n, from 0 on, of `count`. MSACH_SWEEP=N: about N of them (default `few`); whole: every one to 2,000 and
 * every 37th after it. */
long faulty_next(long n, long count, int few);
int faulty_places(int few); /* N; INT_MAX for whole */

#endif
