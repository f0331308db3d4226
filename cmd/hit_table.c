#include "cmd/hit_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/fit.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

enum { LABEL_COLUMNS = 26 /* most on a terminal */, LEAST_TEXT = 20, INDENT = 12 };

/* Columns of the ids, of the labels and of the texts. */
typedef struct {
    int id, labels, text;
} Widths;

static Status labels_of(const Finder *f, int64_t row, IndexCase *c, Buffer *labels, Error *err) {
    TRY(index_case(f->index, row, c, err));
    labels->size = 0;
    finder_labels(labels, c);
    return labels->failed ? mem_error(err, "the labels") : STATUS_OK;
}

static Status measure(const Finder *f, const Answer *a, int before, Buffer *labels, Widths *w, Error *err) {
    *w = (Widths){(int)strlen("id"), (int)strlen("labels"), 0};
    for (size_t i = 0; i < a->n; i++) {
        IndexCase c;
        TRY(labels_of(f, a->hit[i].row, &c, labels, err));
        int id = fit_width(c.id), own = fit_width((const char *)labels->data);
        w->id = id > w->id ? id : w->id;
        w->labels = own > w->labels ? own : w->labels;
    }
    int columns = fit_columns();
    if (columns < FIT_NO_LIMIT && w->labels > LABEL_COLUMNS) w->labels = LABEL_COLUMNS;
    int room = columns - before - w->id - w->labels - 4;
    w->text = room > LEAST_TEXT ? room : LEAST_TEXT;
    return STATUS_OK;
}

/* "6/10", "6/10 4-8", "chance" or "-". */
static const char *share(const Answer *a, const AnswerHit *h, char text[24]) {
    if (!isfinite(h->confidence)) return "-";
    if (a->chance_from >= 0 && h->distance >= a->chance_from) return "chance";
    int n = snprintf(text, 24, "%.0f/10", 10 * h->confidence);
    if (round(10 * h->range[0]) < round(10 * h->range[1])) /* both known, and apart */
        snprintf(text + n, 24 - (size_t)n, " %.0f-%.0f", 10 * h->range[0], 10 * h->range[1]);
    return text;
}

static void print_row(const Answer *a, size_t i, const IndexCase *c, const char *labels, const Widths *w) {
    static const char *const seen[] = {"?", "no", "yes"}; /* by Trained + 1 */
    const AnswerHit *h = &a->hit[i];
    char bits[16] = "-", room[24];
    if (h->distance >= 0) snprintf(bits, sizeof bits, "%d", h->distance);
    printf("%4zu  %4s  %-10s  %-4s  ", i + 1, bits, share(a, h, room), seen[h->trained_on + 1]);
    fit_text(stdout, c->id, w->id, true);
    fputs("  ", stdout);
    fit_text(stdout, labels, w->labels, true);
    fputs("  ", stdout);
    fit_text(stdout, c->text ? c->text : "", w->text, false);
    putchar('\n');
}

/* What the numbers mean, each line only where it is needed. */
static void print_notes(const Finder *f, const SearchOptions *o, const Answer *a) {
    bool shares = false, seen = false, chance = false;
    for (size_t i = 0; i < a->n; i++) {
        shares |= isfinite(a->hit[i].confidence);
        seen |= a->hit[i].trained_on == TRAINED_YES;
        chance |= a->chance_from >= 0 && a->hit[i].distance >= a->chance_from;
    }
    if (a->within < 0)
        printf("%zu of %lld cases\n", a->n, (long long)a->ties);
    else
        printf("%zu of %lld cases within %d bits\n", a->n, (long long)a->ties, a->within);
    if (o->rerank && a->scored)
        printf("order of the nearest %zu: the question's scores, then bits, then id (--rerank)\n", o->rerank);
    if (PART_ANSWERS && o->per_group && f->groups.n == 0)
        printf("the index names no groups: hits of one patient are not put together\n");
    if (shares)
        printf("share: 6/10 4-8 = about 6 in 10 cases at this distance shared a finding with a validation "
               "case;\n"
               "       4 to 8 in 10 among other patients (95 %% interval)%s\n",
               a->asked == MODALITY_TEXT ? ". A question much shorter than a report may do worse" : "");
    if (chance)
        printf("chance: from %d bits on no more cases share a finding than by chance (%.0f in 100)\n",
               a->chance_from, 100 * a->chance);
    if (seen)
        printf("seen: the model was trained on this case (%s); such a hit says little about new cases "
               "(--unseen)\n",
               f->model.calibration.reports ? "same id and report" : "by its id alone");
}

static void print_question(const Query *q) {
    static const char *const by[] = {"text", "image", "id", "code", "filter"};
    printf("%s: ", by[q->kind]);
    fit_text(stdout, q->value, fit_columns() - 8, false);
    putchar('\n');
}

Status hit_table_print(const Finder *f, const SearchOptions *o, const Query *q, const Answer *a, Error *err) {
    static const char head[] = "rank  bits  share       seen  ";
    Buffer labels = {0};
    Widths w;
    if (q) print_question(q);
    if (a->n == 0) {
        printf(q ? "nothing found\n\n" : "nothing found\n");
        return STATUS_OK;
    }
    Status s = measure(f, a, (int)strlen(head), &labels, &w, err);
    if (s == STATUS_OK) printf("%s%-*s  %-*s  text\n", head, w.id, "id", w.labels, "labels");
    for (size_t i = 0; s == STATUS_OK && i < a->n && !ferror(stdout); i++) {
        IndexCase c;
        s = labels_of(f, a->hit[i].row, &c, &labels, err);
        if (s != STATUS_OK) break;
        print_row(a, i, &c, (const char *)labels.data, &w);
        if (o->per_group && a->hit[i].more)
            printf("%*sand %lld more of this group\n", INDENT, "", (long long)a->hit[i].more);
    }
    if (s == STATUS_OK) print_notes(f, o, a);
    if (q && s == STATUS_OK) putchar('\n');
    buffer_free(&labels);
    return s;
}
