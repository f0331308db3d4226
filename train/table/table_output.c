#include "train/table/table_output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "eval/page/glossary.h"
#include "eval/page/html.h"
#include "train/evaluate.h"

const char *const OUTPUT_SPLITS[TABLE_SPLITS] = {"test queries against database cases never trained on",
                                                 "queries and database cases with labels never trained on",
                                                 "texts without the words of the labels"};

const char *const OUTPUT_TERMS[] = {
    "MAP",           "tie",     "95 % interval", "published protocol", "paired", "ahead on splits",
    "constant bits", "entropy", "|correlation|", "mean tie",           NULL};

const OutputNote OUTPUT_ROWS[] = {
    {"RANDOM", "a random order, by its closed form."},
    {"CCA-ITQ, CMFH, SCM-seq, DCH, BATCH",
     "traditional (shallow) methods, on the features that stage 1 of MSACH learned; on raw features, the "
     "descriptor of the picture and the word counts of the text; and on semantic features, what stage 2 of "
     "MSACH sees of the mixture of networks and experts. A gain over raw features is not a gain of hashing."},
    {"DCMH", "a deep method on the networks of MSACH, end to end, with gamma = eta = 1."},
    {"CLASSIFIER", "a random code for each class, by the mixture of classifiers and experts of stage 1."},
    {"MSACH", "the whole method; \"MSACH no-...\" without one of its parts."},
    {"REAL-VALUED",
     "the contexts of MSACH before hashing, by cosine; \"semantic features\": the posteriors of the "
     "mixture, by inner product."},
    {"a name of --codes", "codes of another program as it gave them, for the queries and the database of the "
                          "same split; labels and groups are those of "
                          "the manifest."},
    {"ORACLE", "a random code for each true label, also of the queries."},
    {NULL, NULL}};

/* ---- table.tsv, table.csv ---- */

/* The name of a data set as a field. */
static void data_name(const TableOptions *o, int data, char *name, size_t size) {
    manifest_name(o->data[data], name, size);
    for (char *at = name; *at; at++)
        if (strchr("\t\n\r\",", *at)) *at = ' ';
}

void output_tsv(Buffer *b, const TableOptions *o, const Summary *s) {
    buffer_printf(b, "dataset\tsplit\tsplit_seed\tseed\tmethod\tfeatures\tablation\tbits\tdirection\t"
                     "protocol\tmap_pessimistic\tmap\tmap_optimistic\tmap_low\tmap_high\n");
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->row[i].seeds; k++)
            for (int n = 0; n < 2 * MODALITIES; n++) {
                const PlannedCell *c = s->row[i].cell[k];
                const TableRow *r = s->row[i].row[k];
                const double *map = r->score[n / MODALITIES][n % MODALITIES].map;
                char name[64];
                data_name(o, c->data, name, sizeof name);
                buffer_printf(b, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%d\t%s\t%s", name, TABLE_SPLIT_NAMES[c->split],
                              c->split_seed, o->config.seed, r->method, r->features, r->ablation, r->bits,
                              n % MODALITIES == MODALITY_IMAGE ? "image_to_text" : "text_to_image",
                              n / MODALITIES == PROTOCOL_HONEST ? "honest" : "published");
                for (int v = 0; v < MAP_NUMBERS; v++) buffer_printf(b, "\t%.9g", map[v]);
                buffer_printf(b, "\n");
            }
}

void output_csv(Buffer *b, const TableOptions *o, const Summary *s) {
    static const char *const directions[] = {"image_to_text", "text_to_image", "mean"};
    buffer_printf(b, "dataset,split,bits,method,features,ablation,direction,protocol,split_seeds,map,map_low,"
                     "map_high\n");
    for (int i = 0; i < s->n; i++)
        for (int n = 0; n < 2 * SUMMARY_DIRECTIONS; n++) {
            const SummaryRow *r = &s->row[i];
            const TableRow *t = r->row[0];
            int protocol = n / SUMMARY_DIRECTIONS, direction = n % SUMMARY_DIRECTIONS;
            const Interval *v = &r->value[protocol][direction];
            char name[64];
            data_name(o, r->data, name, sizeof name);
            buffer_printf(b, "%s,%s,%d,%s,%s,%s,%s,%s,%d,%.9g,%.9g,%.9g\n", name, TABLE_SPLIT_NAMES[r->split],
                          r->bits, t->method, t->features, t->ablation, directions[direction],
                          protocol == PROTOCOL_HONEST ? "honest" : "published", r->seeds, v->value, v->low,
                          v->high);
        }
}

/* ---- A table as HTML, Markdown or LaTeX ---- */

typedef struct {
    const Output *to;
    HtmlTable html;
    Buffer *b;
    size_t start, columns, cells;
} Sheet;

/* Text for LaTeX: special characters are escaped, and a hyphen before a number becomes a minus sign. */
static void latex_text(Buffer *b, const char *text) {
    for (const char *at = text; *at; at++) {
        bool sign = *at == '-' && at[1] >= '0' && at[1] <= '9' && (at == text || at[-1] == ' ');
        if (sign)
            buffer_printf(b, "$-$");
        else if (strchr("&%$#_{}", *at))
            buffer_printf(b, "\\%c", *at);
        else if (strchr("~^\\", *at))
            buffer_printf(b, "\\char%d{}", *at);
        else
            buffer_add(b, at, 1);
    }
}

static void latex_begin(Sheet *s, const char *caption, const char *align, const char *const *head) {
    buffer_printf(s->b, "\n\\begin{table}\n\\centering\\small\n\\caption{");
    latex_text(s->b, s->to->title);
    buffer_printf(s->b, ". ");
    latex_text(s->b, caption);
    buffer_printf(s->b, ".}\n\\begin{tabular}{%s}\n\\toprule\n", align);
    for (size_t c = 0; c < s->columns; c++) {
        latex_text(s->b, head[c]);
        buffer_printf(s->b, c + 1 < s->columns ? " & " : " \\\\\n\\midrule\n");
    }
}

static Sheet sheet_begin(const Output *to, const char *caption, const char *align, const char *const *head) {
    Sheet s = {.to = to, .b = to->b, .start = to->b->size, .columns = strlen(align)};
    if (to->form == OUTPUT_PAGE) {
        s.html = html_table_begin(s.b, caption, align, head);
    } else if (to->form == OUTPUT_LATEX) {
        latex_begin(&s, caption, align, head);
    } else {
        buffer_printf(s.b, "\n%s:\n\n|", caption);
        for (size_t c = 0; c < s.columns; c++) buffer_printf(s.b, " %s |", head[c]);
        buffer_printf(s.b, "\n|");
        for (size_t c = 0; c < s.columns; c++) buffer_printf(s.b, "---|");
        buffer_printf(s.b, "\n");
    }
    return s;
}

static void sheet_cell(Sheet *s, bool strong, const char *fmt, ...) NN_PRINTF(3, 4);
static void sheet_cell(Sheet *s, bool strong, const char *fmt, ...) {
    char text[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    bool first = s->cells % s->columns == 0, last = ++s->cells % s->columns == 0;
    if (s->to->form == OUTPUT_PAGE) {
        html_cell(&s->html, strong, "%s", text);
    } else if (s->to->form == OUTPUT_LATEX) {
        buffer_printf(s->b, strong ? "\\textbf{" : "");
        latex_text(s->b, text);
        buffer_printf(s->b, "%s%s", strong ? "}" : "", last ? " \\\\\n" : " & ");
    } else {
        buffer_printf(s->b, strong ? "%s **%s** |%s" : "%s %s |%s", first ? "|" : "", text, last ? "\n" : "");
    }
}

/* A table without rows leaves nothing. */
static void sheet_end(Sheet *s) {
    if (s->to->form == OUTPUT_PAGE)
        html_table_end(&s->html);
    else if (s->cells == 0)
        s->b->size = s->start;
    else if (s->to->form == OUTPUT_LATEX)
        buffer_printf(s->b, "\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

/* ---- The tables ---- */

void output_rows(const Output *to, const Summary *s, int data, TableSplit split, int bits) {
    static const char *const head[] = {"method",        "image to text", "text to image",      "mean",
                                       "95 % interval", "tie band",      "published protocol", "splits"};
    const SummaryRow *winner = summary_winner(s, data, split, bits);
    char caption[160];
    snprintf(caption, sizeof caption, "MAP of %s. Bold: the best row but for REAL-VALUED and ORACLE",
             OUTPUT_SPLITS[split]);
    Sheet t = sheet_begin(to, caption, "lrrrrrrr", head);
    for (int i = 0; i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        const Interval *honest = r->value[PROTOCOL_HONEST];
        bool best = r == winner;
        if (!summary_is(r, data, split, bits)) continue;
        sheet_cell(&t, best, "%s", r->name);
        for (int k = 0; k <= BOTH; k++) sheet_cell(&t, best, "%.3f", honest[k].value);
        sheet_cell(&t, best, "%.3f to %.3f", honest[BOTH].low, honest[BOTH].high);
        sheet_cell(&t, best, "%.3f to %.3f", r->worst, r->best);
        const double published = r->value[PROTOCOL_PUBLISHED][BOTH].value;
        sheet_cell(&t, best, isnan(published) ? "not given" : "%.3f", published);
        sheet_cell(&t, best, "%d", r->seeds);
    }
    sheet_end(&t);
}

static void difference_cells(Sheet *t, const Gain *g) {
    bool sure = summary_is_sure(g);
    sheet_cell(t, sure, "%+.3f", g->difference.value);
    sheet_cell(t, sure, "%+.3f to %+.3f", g->difference.low, g->difference.high);
}

Status output_gains(const Output *to, const Plan *p, const Summary *s, int data, TableSplit split,
                    Error *err) {
    static const char *const head[] = {"MSACH over", "absolute", "95 % interval, paired", "relative",
                                       "ahead on splits"},
                             *const claim[] = {"the paper's claim over traditional methods",
                                               "+11.8 % and +12.8 %", "not given",
                                               "absolute or relative: not said", ""};
    Gain gains[GAINS];
    TRY(summary_gains(s, data, split, p->main_bits, gains, err));
    Sheet t = sheet_begin(to, "Gain in MAP, mean of both directions. Bold: the interval excludes zero",
                          "lrrrr", head);
    for (int i = 0; i < GAINS; i++) {
        const Gain *g = &gains[i];
        if (g->difference.groups == 0) continue;
        sheet_cell(&t, false, "%s", g->over);
        difference_cells(&t, g);
        sheet_cell(&t, false, "%+.1f %%", 100 * g->difference.value / g->base);
        sheet_cell(&t, false, "%d of %d", g->ahead, g->splits);
    }
    bool any = t.cells > 0;
    for (int i = 0; i < 5 && any && split == TABLE_STANDARD; i++) sheet_cell(&t, false, "%s", claim[i]);
    sheet_end(&t);
    return STATUS_OK;
}

Status output_ablations(const Output *to, const Plan *p, const Summary *s, int data, Error *err) {
    static const char *const head[] = {"ablation", "MAP", "whole method minus it", "95 % interval, paired",
                                       "ahead on splits"};
    Gain gains[ABLATIONS_MOST];
    int n;
    TRY(summary_ablations(s, data, p->main_bits, gains, &n, err));
    Sheet t = sheet_begin(
        to, "What each part brings, MAP, mean of both directions. Bold: the interval excludes zero", "lrrrr",
        head);
    for (int i = 0; i < n; i++) {
        const Gain *g = &gains[i];
        if (g->difference.groups == 0) continue;
        sheet_cell(&t, false, "%s", g->over);
        sheet_cell(&t, false, "%.3f", g->base);
        difference_cells(&t, g);
        sheet_cell(&t, false, "%d of %d", g->ahead, g->splits);
    }
    sheet_end(&t);
    return STATUS_OK;
}

/* ---- table.md, table.tex ---- */

static Status write_data(Output *to, const Plan *p, const TableOptions *o, const Summary *s, int data,
                         Error *err) {
    char name[64];
    data_name(o, data, name, sizeof name);
    for (int split = 0; split < TABLE_SPLITS; split++)
        for (int k = -1; k < o->n_bits; k++) { /* the main bits first */
            int bits = k < 0 ? p->main_bits : o->bits[k];
            if ((k >= 0 && bits == p->main_bits) || !summary_has(s, data, (TableSplit)split, bits)) continue;
            snprintf(to->title, sizeof to->title, "%s, %d bits", name, bits);
            buffer_printf(to->b, to->form == OUTPUT_LATEX ? "\n%% %s: %s\n" : "\n## %s: %s\n", to->title,
                          OUTPUT_SPLITS[split]);
            output_rows(to, s, data, (TableSplit)split, bits);
            if (k < 0) TRY(output_gains(to, p, s, data, (TableSplit)split, err));
            if (k < 0 && split == TABLE_STANDARD) TRY(output_ablations(to, p, s, data, err));
        }
    return STATUS_OK;
}

Status output_markdown(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err) {
    char text[REFERENCE_TEXT];
    Output to = {.b = b, .form = OUTPUT_MARKDOWN};
    buffer_printf(b, "# MSACH against other methods\n\n    %s\n", o->command ? o->command : "");
    for (int d = 0; d < o->n_data; d++) TRY(write_data(&to, p, o, s, d, err));
    buffer_printf(b, "\n## Terms\n\n");
    glossary_write(b, false, OUTPUT_TERMS);
    buffer_printf(b, "\n## Rows\n\n");
    for (const OutputNote *n = OUTPUT_ROWS; n->name; n++) buffer_printf(b, "- %s: %s\n", n->name, n->text);
    buffer_printf(b, "\n## References\n\n");
    for (const Reference *r = REFERENCES; r->name; r++)
        buffer_printf(b, "- %s: %s\n", r->name, reference_text(r, text));
    return STATUS_OK;
}

Status output_latex(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err) {
    Output to = {.b = b, .form = OUTPUT_LATEX};
    buffer_printf(b, "%% Needs \\usepackage{booktabs} and UTF-8. References: msach table --cite\n");
    for (int d = 0; d < o->n_data; d++) TRY(write_data(&to, p, o, s, d, err));
    return STATUS_OK;
}
