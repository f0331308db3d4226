#include "cmd/bench/bench_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "nn/base/sys.h"
#include "nn/blas.h"
#include "nn/fast.h"

enum { MOST_CALLS = 4096, LEAST_CALLS = 3 };

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_median(double *v, size_t n) {
    qsort(v, n, sizeof *v, compare_numbers);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double page_faults(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_minflt;
}

Status bench_repeat(Status (*work)(void *ctx, Error *err), void *ctx, double seconds, Timing *t, Error *err) {
    double spent[MOST_CALLS];
    long n = 0;
    TRY(work(ctx, err));
    double begin = log_clock(), faults = page_faults();
    long least = seconds > 0 ? LEAST_CALLS : 1;
    while (n < MOST_CALLS && (n < least || log_clock() - begin < seconds) && !(n > 0 && cmd_stop)) {
        double start = log_clock();
        TRY(work(ctx, err));
        spent[n++] = log_clock() - start;
    }
    faults = page_faults() - faults;
    double median = bench_median(spent, (size_t)n); /* sorts */
    *t = (Timing){median, spent[0], spent[n - 1], n, faults / (double)n};
    return STATUS_OK;
}

Status bench_go_on(Error *err) {
    return cmd_stop ? error_set(err, STATUS_CHECK, "stopped") : STATUS_OK;
}

static void add(BenchReport *r, BenchNumber number) {
    NN_REQUIRE(r->n < (int)(sizeof r->number / sizeof r->number[0]), "%d numbers", r->n);
    r->number[r->n++] = number;
}

void bench_add_rate(BenchReport *r, const char *field, const char *words, const Timing *t, double amount) {
    add(r, (BenchNumber){field, words, amount / t->median, amount / t->max, amount / t->min, false});
}

void bench_add_ms(BenchReport *r, const char *field, const char *words, const Timing *t) {
    add(r, (BenchNumber){field, words, 1e3 * t->median, 1e3 * t->min, 1e3 * t->max, false});
}

void bench_add_number(BenchReport *r, const char *field, const char *words, double value) {
    add(r, (BenchNumber){field, words, value, value, value, true});
}

/* ---- Printing ---- */

/* The name of the processor, or of its architecture. */
static void machine_name(char name[128]) {
    struct utsname u;
    char line[256];
    snprintf(name, 128, "%s", uname(&u) >= 0 ? u.machine : "unknown");
    FILE *f = sys_fopen("/proc/cpuinfo");
    while (f && fgets(line, sizeof line, f)) {
        const char *colon = strstr(line, ": ");
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        snprintf(name, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (f) fclose(f);
}

static void print_field(const BenchNumber *v, const char *ending, double value) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", v->field, ending);
    json_number_field(name, value);
}

static void print_json(const BenchReport *r, const char *machine, int threads) {
    printf("{\"bench\":\"%s\",\"threads\":%d", r->bench, threads);
    for (const BenchNumber *v = r->number; v < r->number + r->n; v++) {
        print_field(v, "", v->median);
        if (v->single) continue;
        print_field(v, "_min", v->min);
        print_field(v, "_max", v->max);
    }
    json_text_field("machine", machine);
    json_text_field("blas", blas_name());
    json_text_field("kernels", fast_name());
    json_text_field("version", MSACH_VERSION);
    printf("}\n");
}

static void print_table(const BenchReport *r, const char *machine, int threads) {
    printf("%s: %s, %d thread%s, %s, kernels %s\n\n%-38s %11s %11s %11s\n", r->bench, machine, threads,
           threads == 1 ? "" : "s", blas_name(), fast_name(), "", "median", "min", "max");
    for (const BenchNumber *v = r->number; v < r->number + r->n; v++) {
        printf("%-38s %11.4g", v->words, v->median);
        if (!v->single) printf(" %11.4g %11.4g", v->min, v->max);
        putchar('\n');
    }
}

void bench_print(const BenchReport *r, const Pool *pool, bool json) {
    char machine[128];
    machine_name(machine);
    (json ? print_json : print_table)(r, machine, pool_threads(pool));
}
