/* The explanation as a page: the case, what its tokens say, its neighbours, its codes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/picture/png_write.h"
#include "eval/page/markup.h"
#include "eval/page/svg.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "train/pages/explain_parts.h"

enum { NEIGHBOURS = 4, BITS_A_ROW = 8, SNIPPET = 160 };

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

/* A card of a case, with the picture as the network sees it. */
static Status add_case(Buffer *b, const Explain *e, int which, int rank, const char *text, ExplainScratch *s,
                       Error *err) {
    const uint8_t *picture;
    TRY(dataset_picture(&e->session.data, which, s->pixels, &picture, err));
    HtmlHit card = {.rank = rank,
                    .distance = -1,
                    .id = case_of(e, which)->id,
                    .label = s->labels,
                    .labels = explain_labels(e, which, s),
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

static Status write_case(Buffer *b, const Explain *e, ExplainScratch *scratch, Error *err) {
    const Session *s = &e->session;
    const Case *c = case_of(e, e->which[0]);
    int side = s->config.image_size / CNN_SHRINK;
    html_section_begin(b, "1. The case and its augmented views");
    html_text(
        b,
        "Look at the views: each is what one step of stage 2 may see of the case. The finding must survive "
        "in all of them.");
    html_facts_begin(b);
    html_fact(b, "manifest line", "%s:%d", s->manifest.path, c->line);
    html_fact(b, "group", "%s", s->manifest.group_names[c->group]);
    html_fact(b, "text", "%.3000s", c->text);
    html_fact(b, "x", "%d x %d pixels, (pixel/255 - %.4f)/%.4f", s->config.image_size, s->config.image_size,
              s->mean, s->deviation);
    html_fact(b, "tokens", "N_v = %d of the picture, %d words of the text", side * side, explain_tokens(e));
    html_facts_end(b);
    html_thumbs_begin(b);
    TRY(add_case(b, e, e->which[0], 0, "clean: what the graph and encode see", scratch, err));
    TRY(add_views(b, e, scratch->pixels, err));
    html_hits_end(b);
    html_section_end(b);
    return STATUS_OK;
}

/* What the picture or the text weighs, as numbers: attention without CLS, or votes. */
static double weight_of(const Explain *e, Modality m, int token) {
    return e->attention[m] ? (double)e->attention[m][1 + token] : e->vote[m][token];
}

static double strongest(const Explain *e, Modality m, int tokens) {
    double most = 1e-9;
    for (int k = 0; k < tokens; k++) most = fmax(most, fabs(weight_of(e, m, k)));
    return most;
}

/* Two sentences: what to look at, and what the numbers are. */
static void explain_weights(Buffer *b, const Explain *e, Modality m) {
    const char *thing = m == MODALITY_IMAGE ? "cells" : "words",
               *label = e->session.manifest.label_names[e->vote_label];
    if (e->attention[m]) {
        html_text(b, "Look for the bluest %s: the code of the case comes mostly from them.", thing);
        html_text(b,
                  "Attention of CLS in the last layer, mean over the heads. CLS keeps %.3f for itself; all "
                  "sum to 1.",
                  (double)e->attention[m][0]);
    } else {
        html_text(b, "Look for the bluest %s: they speak for %s%s.", thing, label,
                  m == MODALITY_IMAGE ? "; orange ones speak against it"
                                      : "; a dashed underline speaks against it");
        html_text(b,
                  "Z_k V_y / n, what token k adds to the logit of the label in stage 1: all add up to %.3f, "
                  "the bias adds "
                  "%.3f. %s",
                  e->logit[m] - e->bias[m], e->bias[m],
                  e->model->config.semantic
                      ? "The encoder sees the probabilities below, not the tokens, so that there is no "
                        "attention to show."
                      : "These settings have no encoder, so that there is no attention to show.");
    }
}

/* The stronger the weight, the thicker the line under the word. */
static void write_words(Buffer *b, const Explain *e) {
    const int32_t *id = e->session.data.word + (size_t)e->which[0] * (size_t)e->session.vocab.length;
    int n = explain_tokens(e);
    double most = strongest(e, MODALITY_TEXT, n);
    html_section_begin(b, "2. The words");
    explain_weights(b, e, MODALITY_TEXT);
    markup_raw(b, "<p dir=\"auto\" style=\"line-height:2.1\">");
    for (int k = 0; k < n; k++) {
        double weight = weight_of(e, MODALITY_TEXT, k), share = fabs(weight) / most;
        buffer_printf(b, "<span class=\"word\" style=\"border-bottom:%.1fpx %s;background:rgba(%s,%.2f)\">",
                      1 + 4 * share, weight < 0 ? "dashed" : "solid", weight < 0 ? "200,80,10" : "31,111,208",
                      0.4 * share);
        markup_text(b, e->words.words[k]);
        if (id[k] == TOKEN_UNKNOWN) markup_raw(b, "?");
        buffer_printf(b, " <small>%.3f</small></span> ", weight);
    }
    markup_raw(b, "</p>\n");
    html_text(b, "A ? marks a word that training never saw: it stands for itself by its n-grams alone.");
    html_section_end(b);
}

static void add_grid(Buffer *b, const Explain *e, const char *title, const double *value, double low,
                     double high, const char *under) {
    size_t side = (size_t)(e->model->config.image_size / CNN_SHRINK);
    SvgFrame f = {.title = title, .width = 320};
    SvgHeat h = {.value = value, .rows = side, .columns = side, .low = low, .high = high, .under = under};
    html_figure_begin(b);
    svg_heat(b, &f, &h);
}

/* What stage 1 knows of the case. */
static void add_posteriors(Buffer *b, const Explain *e) {
    static const char *const head[] = {"label", "picture", "text"};
    const uint8_t *own = e->session.manifest.labels + (size_t)e->which[0] * (size_t)e->model->config.classes;
    HtmlTable t = html_table_begin(
        b, "What stage 1 knows of the case: probability of each label; the case's own are bold", "lrr", head);
    for (int k = 0; k < e->model->config.classes; k++) {
        html_cell(&t, own[k], "%s", e->session.manifest.label_names[k]);
        html_cell(&t, false, "%.3f", (double)e->posterior[0][k]);
        html_cell(&t, false, "%.3f", (double)e->posterior[1][k]);
    }
    html_table_end(&t);
}

/* The maps are in the order of the picture: the S/16 x S/16 grid of the last stage of the network. */
static Status write_tokens(Buffer *b, const Explain *e, ExplainScratch *s, Error *err) {
    int side = e->model->config.image_size / CNN_SHRINK, n = side * side;
    bool attention = e->attention[0];
    double low = e->token_norm[0], high = low, most = strongest(e, MODALITY_IMAGE, n);
    double *weight = mem_calloc((size_t)n, sizeof *weight);
    Buffer uri = {0};
    Status status = weight ? explain_picture(&uri, e, e->which[0], s, err) : mem_error(err, "the tokens");
    for (int k = 0; status == STATUS_OK && k < n; k++) {
        low = fmin(low, e->token_norm[k]);
        high = fmax(high, e->token_norm[k]);
        weight[k] = weight_of(e, MODALITY_IMAGE, k);
    }
    if (status == STATUS_OK) {
        const char *what = attention ? "Attention of CLS to each token" : "Votes of the tokens";
        html_section_begin(b, "3. The picture, and what stage 1 knows");
        explain_weights(b, e, MODALITY_IMAGE);
        html_grid_begin(b);
        add_grid(b, e, what, weight, attention ? 0 : -most, most, (const char *)uri.data);
        html_figure_end(b, "Laid over the picture: one cell a token of the CNN, S/16 x S/16 = %d x %d.", side,
                        side);
        add_grid(b, e, "The same as numbers", weight, attention ? 0 : -most, most, NULL);
        html_figure_end(b, "Equal cells without the picture.");
        add_grid(b, e, "|Z_v| of each token", e->token_norm, low - fmax((high - low) / 10, 1e-9), high, NULL);
        html_figure_end(b, "Norm of each token.");
        html_grid_end(b);
        add_posteriors(b, e);
        html_section_end(b);
    }
    buffer_free(&uri);
    mem_free(weight);
    return status;
}

static Status write_neighbours(Buffer *b, const Explain *e, Modality m, ExplainScratch *s, Error *err) {
    const Graph *g = &e->stage2.graph[m];
    ExplainNeighbour near[NEIGHBOURS];
    int n = explain_neighbours(e, m, near, NEIGHBOURS);
    html_heading(b, m == 0 ? "By the picture: nearest u_v" : "By the text: nearest u_t");
    html_text(
        b, "K = exp(-|u_i - u_j|^2 / (2 sigma^2)) with sigma = %.4g, among the %d nearest of other groups.",
        g->sigma, g->k);
    html_thumbs_begin(b);
    for (int i = 0; i < n; i++) {
        char text[1024];
        int which = e->session.index[SET_TRAIN][near[i].row];
        const char *report = case_of(e, which)->text;
        size_t cut = strlen(report);
        if (cut > SNIPPET) /* between two characters */
            for (cut = SNIPPET; ((unsigned char)report[cut] & 0xC0) == 0x80;) cut--;
        snprintf(text, sizeof text, "K %.4f, P %.4f. %.*s%s", near[i].kernel, near[i].step, (int)cut, report,
                 report[cut] ? "..." : "");
        TRY(add_case(b, e, which, i + 1, text, s, err));
    }
    html_hits_end(b);
    return STATUS_OK;
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
    html_text(
        b, "Look for cells of little colour: their bits are unsure, and image and text differ mostly there.");
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
    html_text(b, "Bit j is 1 iff s_j >= 0, by the weights of this page; msach encode does the same by "
                 "those of the trained run.");
    buffer_free(&bits);
    html_section_end(b);
}

/* ---- The page ---- */

static Status write_graph(Buffer *b, const Explain *e, ExplainScratch *s, Error *err) {
    html_section_begin(b, "4. Its nearest cases in the neighbour graph");
    if (!e->stage2.graph[0].n)
        html_text(b, "These settings take no walk, so there is no graph.");
    else
        html_text(b, "Look at the labels: neighbours should share one with the case. Where they do not, the "
                     "walk is misled.");
    for (Modality m = 0; m < MODALITIES && e->stage2.graph[m].n; m++) TRY(write_neighbours(b, e, m, s, err));
    html_section_end(b);
    return STATUS_OK;
}

static void write_lead(const Explain *e, char *lead, size_t size) {
    const char *id = case_of(e, e->which[0])->id;
    if (e->step)
        snprintf(lead, size,
                 "Step %ld of the %ld of stage 2, epoch %d of %d: case %.100s in its batch of %d, with the "
                 "weights before "
                 "this step. L_2 %.6g, learning rate %.4g, gradient norm %.4g.",
                 e->step, e->steps, e->epoch, e->epochs, id, e->b, e->total[1], e->rate, e->gradient);
    else
        snprintf(lead, size, "Case %.100s in a batch of %d, through both stages, with %s.", id, e->b,
                 e->trained ? "the run's trained weights" : "initial weights: nothing is trained yet");
}

static Status write_page(Buffer *b, const Explain *e, ExplainScratch *s, Error *err) {
    char lead[512];
    write_lead(e, lead, sizeof lead);
    html_begin(b, "MSACH: one case from manifest line to code bits", lead);
    TRY(write_case(b, e, s, err));
    write_words(b, e);
    TRY(write_tokens(b, e, s, err));
    TRY(write_graph(b, e, s, err));
    TRY(explain_targets(b, e, s, err));
    write_codes(b, e);
    explain_gradients(b, e);
    explain_losses(b, e);
    html_note(b, "A research model. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the page") : STATUS_OK;
}

Status explain_page(const char *path, const Explain *e, Error *err) {
    size_t side = (size_t)e->session.config.image_size, classes = (size_t)session_classes(&e->session);
    ExplainScratch scratch = {mem_calloc(side, side), mem_calloc(classes, sizeof *scratch.labels)};
    Buffer b = {0};
    Status s =
        scratch.pixels && scratch.labels ? write_page(&b, e, &scratch, err) : mem_error(err, "the page");
    if (s == STATUS_OK) s = file_write(path, b.data, b.size, err);
    buffer_free(&b);
    mem_free(scratch.labels);
    mem_free(scratch.pixels);
    return s;
}
