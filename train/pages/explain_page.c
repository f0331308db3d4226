/* The explanation as a page: pictures, attention, neighbours, targets, codes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/picture/png_write.h"
#include "eval/page/html.h"
#include "eval/page/markup.h"
#include "eval/page/svg.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "train/pages/explain.h"

enum { NEIGHBOURS = 4, BITS_A_ROW = 8 };

/* ---- Pictures as cards ---- */

static const Case *case_of(const Explain *e, int which) {
    return &e->session.manifest.cases[which];
}

static Status add_card(Buffer *b, const uint8_t *pixels, int side, const HtmlHit *card, Error *err) {
    Buffer png = {0};
    HtmlHit h = *card;
    png_encode_gray(&png, pixels, side, side);
    h.picture = png.data;
    h.picture_size = png.size;
    html_hit(b, &h);
    int failed = png.failed;
    buffer_free(&png);
    return failed ? mem_error(err, "a picture") : STATUS_OK;
}

/* Writes the labels of a case to list, which has room for all; returns how many. */
static size_t labels_of(const Explain *e, int which, const char **list) {
    const Session *s = &e->session;
    size_t n = 0, c = (size_t)session_classes(s);
    for (size_t k = 0; k < c; k++)
        if (s->manifest.labels[(size_t)which * c + k]) list[n++] = s->manifest.label_names[k];
    return n;
}

/* A card of a case, with the picture as the network sees it. */
static Status add_case(Buffer *b, const Explain *e, int which, int rank, const char *text, uint8_t *scratch,
                       const char **labels, Error *err) {
    const uint8_t *picture;
    TRY(dataset_picture(&e->session.data, which, scratch, &picture, err));
    HtmlHit card = {.rank = rank,
                    .distance = -1,
                    .id = case_of(e, which)->id,
                    .label = labels,
                    .labels = labels_of(e, which, labels),
                    .text = text,
                    .match = -1};
    return add_card(b, picture, e->session.config.image_size, &card, err);
}

/* From a normalised picture x (side x side) to pixels. */
static void denormalise(const Session *s, const float *x, uint8_t *out) {
    size_t n = (size_t)s->config.image_size * (size_t)s->config.image_size;
    for (size_t i = 0; i < n; i++) {
        double v = 255 * ((double)x[i] * s->deviation + s->mean);
        out[i] = (uint8_t)lround(fmin(fmax(v, 0), 255));
    }
}

/* The words that a view drops, as text. */
static void dropped_words(Buffer *text, const Explain *e, const Batch *batch) {
    const int32_t *clean = e->session.data.word + (size_t)e->which[0] * (size_t)e->session.vocab.length;
    int n = 0;
    for (int k = 0; k < explain_tokens(e); k++)
        if (clean[k] != batch->word[k])
            buffer_printf(text, "%s%s", n++ ? ", " : "words dropped: ", e->words.words[k]);
    buffer_add(text, "", 1);
}

static Status add_view(Buffer *b, const Explain *e, Batch *batch, int view, uint8_t *pixels, Error *err) {
    Augment augment;
    BatchOptions o = features_view(&e->session, view, &augment);
    char name[32];
    Buffer text = {0};
    TRY(batch_fill(batch, &e->session.data, e->which, 1, &o, e->session.pool, err));
    denormalise(&e->session, batch->image, pixels);
    dropped_words(&text, e, batch);
    snprintf(name, sizeof name, "view %d", view);
    HtmlHit card = {.distance = -1, .id = name, .text = (const char *)text.data, .match = -1};
    Status s = text.failed ? mem_error(err, "a view")
                           : add_card(b, pixels, e->session.config.image_size, &card, err);
    buffer_free(&text);
    return s;
}

static Status add_views(Buffer *b, const Explain *e, uint8_t *pixels, Error *err) {
    Batch batch;
    Status s = batch_init(&batch, &e->session.data, 1, e->session.pool, err);
    for (int view = 1; s == STATUS_OK && view <= e->views; view++)
        s = add_view(b, e, &batch, view, pixels, err);
    batch_free(&batch);
    return s;
}

/* ---- Sections ---- */

static Status write_case(Buffer *b, const Explain *e, uint8_t *pixels, const char **labels, Error *err) {
    const Session *s = &e->session;
    const Case *c = case_of(e, e->which[0]);
    int side = s->config.image_size / CNN_SHRINK;
    html_section_begin(b, "1. The case and its augmented views");
    html_facts_begin(b);
    html_fact(b, "manifest line", "%s:%d", s->manifest.path, c->line);
    html_fact(b, "group", "%s", s->manifest.group_names[c->group]);
    html_fact(b, "text", "%.3000s", c->text);
    html_fact(b, "x", "%d x %d pixels, (pixel/255 - %.4f)/%.4f", s->config.image_size, s->config.image_size,
              s->mean, s->deviation);
    html_fact(b, "tokens", "N_v = %d of the picture, %d words of the text", side * side, explain_tokens(e));
    html_facts_end(b);
    html_hits_begin(b);
    TRY(add_case(b, e, e->which[0], 0, "clean: what the graph and encode see", pixels, labels, err));
    TRY(add_views(b, e, pixels, err));
    html_hits_end(b);
    html_section_end(b);
    return STATUS_OK;
}

static void write_words(Buffer *b, const Explain *e) {
    const real *a = e->attention[1]; /* NULL: the words have none */
    const int32_t *id = e->session.data.word + (size_t)e->which[0] * (size_t)e->session.vocab.length;
    int n = explain_tokens(e);
    double most = 0;
    for (int k = 0; a && k <= n; k++) most = fmax(most, (double)a[k]);
    html_section_begin(b, a ? "2. The words, with their attention from CLS" : "2. The words");
    markup_raw(b, "<p dir=\"auto\">");
    if (a)
        buffer_printf(b, "<span class=\"tag\" style=\"background:rgba(31,111,208,%.2f)\">CLS %.3f</span> ",
                      0.6 * (double)a[0] / most, (double)a[0]);
    for (int k = 0; k < n; k++) {
        buffer_printf(b, "<span class=\"tag\" style=\"background:rgba(31,111,208,%.2f)\">",
                      a ? 0.6 * (double)a[1 + k] / most : 0);
        markup_text(b, e->words.words[k]);
        if (id[k] == TOKEN_UNKNOWN) markup_raw(b, "?");
        if (a) buffer_printf(b, " <span class=\"soft\">%.3f</span>", (double)a[1 + k]);
        markup_raw(b, "</span> ");
    }
    markup_raw(b, "</p>\n");
    if (e->model->config.semantic)
        html_text(b, "Stage 2 sees what stage 1 makes of these words, the probability of each label below, "
                     "not the words.");
    else if (a)
        html_text(
            b, "Last layer, mean over the heads; they sum to 1. A ? marks a word that training never saw: it "
               "stands for itself by its n-grams alone.");
    else
        html_text(b, "These settings have no encoder, so there is no attention.");
    html_section_end(b);
}

static void add_grid(Buffer *b, const Explain *e, const char *title, const double *value, double low,
                     double high) {
    size_t side = (size_t)(e->model->config.image_size / CNN_SHRINK);
    SvgFrame f = {.title = title, .width = 320};
    SvgHeat h = {.value = value, .rows = side, .columns = side, .low = low, .high = high};
    svg_heat(b, &f, &h);
}

/* Both maps are in the order of the picture: the S/16 x S/16 grid of the last stage of the network. */
static Status write_tokens(Buffer *b, const Explain *e, Error *err) {
    int side = e->model->config.image_size / CNN_SHRINK, n = side * side;
    double low = e->token_norm[0], high = low, most = 0, *share = mem_calloc((size_t)n, sizeof *share);
    if (!share) return mem_error(err, "the tokens");
    for (int k = 0; k < n; k++) {
        low = fmin(low, e->token_norm[k]);
        high = fmax(high, e->token_norm[k]);
        if (e->attention[0]) share[k] = (double)e->attention[0][1 + k];
        most = fmax(most, share[k]);
    }
    html_section_begin(b, "3. The picture's tokens, and what stage 1 knows");
    html_grid_begin(b);
    html_figure_begin(b);
    add_grid(b, e, "|Z_v| of each token", e->token_norm, low - fmax((high - low) / 10, 1e-9), high);
    html_figure_end(b, "Norm of each token of the CNN, in the picture's grid of S/16 x S/16 = %d x %d cells.",
                    side, side);
    if (e->attention[0]) {
        html_figure_begin(b);
        add_grid(b, e, "Attention of CLS to each token", share, 0, most > 0 ? most : 1);
        html_figure_end(b, "Last layer, mean over the heads; CLS itself has %.3f, all sum to 1.",
                        (double)e->attention[0][0]);
    }
    html_grid_end(b);
    html_heading(b, "What stage 1 knows of the case");
    html_facts_begin(b);
    for (int k = 0; k < e->model->config.classes; k++)
        html_fact(b, e->session.manifest.label_names[k], "%.3f by the picture, %.3f by the text",
                  (double)e->posterior[0][k], (double)e->posterior[1][k]);
    html_facts_end(b);
    html_section_end(b);
    mem_free(share);
    return STATUS_OK;
}

static Status write_neighbours(Buffer *b, const Explain *e, Modality m, uint8_t *scratch, const char **labels,
                               Error *err) {
    const Graph *g = &e->stage2.graph[m];
    ExplainNeighbour near[NEIGHBOURS];
    int n = explain_neighbours(e, m, near, NEIGHBOURS);
    html_heading(b, m == 0 ? "By the picture: nearest u_v" : "By the text: nearest u_t");
    html_text(
        b, "K = exp(-|u_i - u_j|^2 / (2 sigma^2)) with sigma = %.4g, among the %d nearest of other groups.",
        g->sigma, g->k);
    html_hits_begin(b);
    for (int i = 0; i < n; i++) {
        char text[1024];
        int which = e->session.index[SET_TRAIN][near[i].row];
        snprintf(text, sizeof text, "K %.4f, P %.4f. %.900s", near[i].kernel, near[i].step,
                 case_of(e, which)->text);
        TRY(add_case(b, e, which, i + 1, text, scratch, labels, err));
    }
    html_hits_end(b);
    return STATUS_OK;
}

static void write_targets(Buffer *b, const Explain *e) {
    static const char *const title[EXPLAIN_PAIRS] = {"G of pictures", "G of texts", "G across"};
    size_t n = (size_t)e->b * (size_t)e->b;
    double *value = mem_calloc(n, sizeof *value);
    if (!value) {
        b->failed = 1;
        return;
    }
    html_section_begin(b, "5. The target of the batch");
    html_text(b,
              "G = (1-a)((1+t0)(omega Yn Yn' + (1-omega) S) - t0) + a((1+t0) R - t0) with omega %g, rho %g, "
              "t0 %.4g, a %g: the similarity that the "
              "codes of two cases of the batch should have. Row and column 0 are the followed case.",
              e->stage2.walk.omega, e->stage2.walk.rho, e->stage2.walk.t0, e->stage2.posterior);
    html_grid_begin(b);
    for (int i = 0; i < EXPLAIN_PAIRS && e->target[i]; i++) {
        for (size_t k = 0; k < n; k++) value[k] = (double)e->target[i][k];
        SvgFrame f = {.title = title[i], .x_label = "case of the batch", .y_label = "case of the batch"};
        SvgHeat h = {.value = value, .rows = (size_t)e->b, .columns = (size_t)e->b, .low = -1, .high = 1};
        html_figure_begin(b);
        svg_heat(b, &f, &h);
        static const char *const across[EXPLAIN_PAIRS] = {"v, v", "t, t", "v, t"};
        html_figure_end(b, "Modalities (%s).", across[i]);
    }
    html_grid_end(b);
    html_section_end(b);
    mem_free(value);
}

static void add_bits(Buffer *b, const char *name, const uint8_t *code, int q) {
    buffer_printf(b, "%-5s ", name);
    for (int j = 0; j < q; j++) {
        buffer_printf(b, "%s%d",
                      j == 0        ? ""
                      : j % 64 == 0 ? "\n      "
                      : j % 8 == 0  ? " "
                                    : "",
                      code[j / 8] >> (j % 8) & 1);
    }
    buffer_printf(b, "\n");
}

static void write_codes(Buffer *b, const Explain *e) {
    int q = e->model->config.bits;
    double value[CODE_MAX_BITS];
    Buffer bits = {0};
    html_section_begin(b, "6. From relaxed codes to bits");
    html_grid_begin(b);
    for (int m = 0; m < 2; m++) {
        for (int j = 0; j < q; j++) value[j] = (double)e->relaxed[m][j];
        SvgFrame f = {.title = m == 0 ? "H_v, of the picture alone" : "H_t, of the text alone",
                      .x_label = "bit of the byte",
                      .y_label = "byte of the code"};
        SvgHeat h = {
            .value = value, .rows = (size_t)(q / BITS_A_ROW), .columns = BITS_A_ROW, .low = -1, .high = 1};
        html_figure_begin(b);
        svg_heat(b, &f, &h);
        html_figure_end(b, "tanh(beta s) with beta %.4g: the sign is the bit.", e->beta);
    }
    html_grid_end(b);
    add_bits(&bits, "image", e->code[0], q);
    add_bits(&bits, "text", e->code[1], q);
    buffer_add(&bits, "", 1);
    if (bits.failed)
        b->failed = 1;
    else
        html_pre(b, (const char *)bits.data);
    html_text(b, "Bit j is 1 iff s_j >= 0, as `msach encode` gives it.");
    buffer_free(&bits);
    html_section_end(b);
}

/* ---- Losses and ops ---- */

static void write_terms(Buffer *b, const Explain *e, int stage) {
    static const char *const head[] = {"term", "equation", "value", "weight", "weight x value"};
    HtmlTable t = html_table_begin(b, stage == 1 ? "Stage 1" : "Stage 2", "llrrr", head);
    double sum = 0;
    for (int i = 0; i < e->terms[stage - 1]; i++) {
        const ExplainTerm *term = &e->term[stage - 1][i];
        sum += term->weight * term->value;
        html_cell(&t, false, "%s", term->symbol);
        html_cell(&t, false, "%s", term->eq);
        html_cell(&t, false, "%.6g", term->value);
        html_cell(&t, false, "%.4g", term->weight);
        html_cell(&t, false, "%.6g", term->weight * term->value);
    }
    html_cell(&t, true, stage == 1 ? "L_1" : "L_2");
    html_cell(&t, false, stage == 1 ? "stage1" : "total");
    html_cell(&t, false, "%.6g", e->total[stage - 1]);
    html_cell(&t, false, "%s", "");
    html_cell(&t, true, "%.6g", sum);
    html_table_end(&t);
}

static void norm_cell(HtmlTable *t, double v, bool is_there) {
    html_cell(t, false, is_there ? "%.5g" : "", v);
}

static void write_flow(Buffer *b, const Explain *e, int stage) {
    static const char *const head[] = {"symbol",  "equation",    "op",         "shape",
                                       "|value|", "of the case", "|gradient|", "weights"};
    html_details_begin(b, stage == 1 ? "Every op of stage 1" : "Every op of stage 2");
    HtmlTable t = html_table_begin(
        b,
        stage == 1 ? "Stage 1, in order: norms of the batch, of the followed case, of dL_1/d(value)"
                   : "Stage 2, in order: norms of the batch, of the followed case, of dL_2/d(value)",
        "llllrrrl", head);
    for (size_t i = 0; i < e->flow.n; i++) {
        const Flow *f = &e->flow.row[i];
        if (f->stage != stage) continue;
        html_cell(&t, false, "%s", f->symbol);
        html_cell(&t, false, "%s", f->eq);
        html_cell(&t, false, "%s", f->op);
        html_cell(&t, false, "%s", f->shape);
        norm_cell(&t, f->value, f->value >= 0 || f->own < 0);
        norm_cell(&t, f->own, f->own >= 0);
        norm_cell(&t, f->gradient, f->gradient >= 0);
        html_cell(&t, false, "%s", f->weight ? f->weight : "");
    }
    html_table_end(&t);
    html_details_end(b);
}

/* ---- The page ---- */

static Status write_pictures(Buffer *b, const Explain *e, uint8_t *scratch, const char **labels, Error *err) {
    TRY(write_case(b, e, scratch, labels, err));
    write_words(b, e);
    TRY(write_tokens(b, e, err));
    html_section_begin(b, "4. Its nearest cases in the neighbour graph");
    if (!e->stage2.graph[0].n) html_text(b, "These settings take no walk, so there is no graph.");
    for (Modality m = 0; m < MODALITIES && e->stage2.graph[m].n; m++)
        TRY(write_neighbours(b, e, m, scratch, labels, err));
    html_section_end(b);
    return STATUS_OK;
}

static Status write_page(Buffer *b, const Explain *e, uint8_t *scratch, const char **labels, Error *err) {
    char lead[256];
    snprintf(lead, sizeof lead, "Case %.100s in a batch of %d, through both stages, with %s.",
             case_of(e, e->which[0])->id, e->b,
             e->trained ? "the run's trained weights" : "initial weights: nothing is trained yet");
    html_begin(b, "MSACH: one case from manifest line to code bits", lead);
    TRY(write_pictures(b, e, scratch, labels, err));
    if (e->target[0]) write_targets(b, e);
    write_codes(b, e);
    html_section_begin(b, "7. The losses of the batch, and every op");
    for (int stage = 1; stage <= 2; stage++) write_terms(b, e, stage);
    html_text(b, "No augmentation, mixup, dropout or noise; running statistics: the values that encode "
                 "gives. Equations by "
                 "id: `make trace` shows the line, the test and the oracle of each.");
    for (int stage = 1; stage <= 2; stage++) write_flow(b, e, stage);
    html_section_end(b);
    html_note(b, "A research model. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the page") : STATUS_OK;
}

Status explain_page(const char *path, const Explain *e, Error *err) {
    size_t side = (size_t)e->session.config.image_size;
    uint8_t *scratch = mem_calloc(side, side);
    const char **labels = mem_calloc((size_t)session_classes(&e->session), sizeof *labels);
    Buffer b = {0};
    Status s = scratch && labels ? write_page(&b, e, scratch, labels, err) : mem_error(err, "the page");
    if (s == STATUS_OK) s = file_write(path, b.data, b.size, err);
    buffer_free(&b);
    mem_free(labels);
    mem_free(scratch);
    return s;
}
