#include "train/config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/picture/descriptor.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"
#include "nn/base/parts.h"

#define OPTION_TYPE(type) _Generic((type)0, int : OPTION_INT, double : OPTION_REAL)
#define SETTING(name, type, scope, standard, low, high, before, meaning)                                     \
    {#name, OPTION_TYPE(type), SCOPE_##scope, offsetof(Config, name), standard, low, high, before, meaning},

const ConfigOption CONFIG_TABLE[] = {
#include "train/settings.inc"
};
const int CONFIG_COUNT = (int)(sizeof CONFIG_TABLE / sizeof CONFIG_TABLE[0]);

static void store(Config *c, const ConfigOption *o, double value) {
    char *at = (char *)c + o->offset;
    if (o->type == OPTION_INT) {
        int v = (int)value;
        memcpy(at, &v, sizeof v);
    } else {
        memcpy(at, &value, sizeof value);
    }
}

void config_default(Config *c) {
    memset(c, 0, sizeof *c);
    for (int i = 0; i < CONFIG_COUNT; i++) store(c, &CONFIG_TABLE[i], CONFIG_TABLE[i].standard);
}

static const ConfigOption *find(const char *name) {
    for (int i = 0; i < CONFIG_COUNT; i++)
        if (strcmp(CONFIG_TABLE[i].name, name) == 0) return &CONFIG_TABLE[i];
    return NULL;
}

static Status unknown(const char *name, Error *err) {
    const char *names[sizeof CONFIG_TABLE / sizeof CONFIG_TABLE[0]];
    for (int i = 0; i < CONFIG_COUNT; i++) names[i] = CONFIG_TABLE[i].name;
    const char *near = nearest_word(name, names, CONFIG_COUNT);
    return error_set(err, STATUS_USAGE, "unknown setting '%s'%s%s%s; `msach train --list-settings` lists all",
                     name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

Status config_set(Config *c, const char *name, const char *value, Error *err) {
    const ConfigOption *o = find(name);
    if (!o) return unknown(name, err);
    char *end;
    errno = 0;
    double v = strtod(value, &end);
    while (*end == ' ' || *end == '\t' || *end == '\r') end++;
    if (end == value || *end || !isfinite(v))
        return error_set(err, STATUS_USAGE, "setting %s: '%s' is not a number", name, value);
    if (v < o->low || v > o->high)
        return error_set(err, STATUS_USAGE, "setting %s: %s is outside %g to %g", name, value, o->low,
                         o->high);
    if (o->type == OPTION_INT && v != floor(v))
        return error_set(err, STATUS_USAGE, "setting %s: %s is not a whole number", name, value);
    store(c, o, v);
    return STATUS_OK;
}

Status config_assign(Config *c, const char *assignment, Error *err) {
    const char *equals = strchr(assignment, '=');
    char name[64];
    if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof name)
        return error_set(err, STATUS_USAGE, "'%s' is not KEY=VALUE", assignment);
    size_t n = (size_t)(equals - assignment);
    while (n && assignment[n - 1] == ' ') n--;
    memcpy(name, assignment, n);
    name[n] = 0;
    return config_set(c, name, equals + 1, err);
}

void config_older(Config *c) {
    for (int i = 0; i < CONFIG_COUNT; i++)
        if (!isnan(CONFIG_TABLE[i].before)) store(c, &CONFIG_TABLE[i], CONFIG_TABLE[i].before);
}

Status config_data(const char *path, char **data, Error *err) {
    unsigned char *text;
    size_t size;
    *data = NULL;
    TRY(file_read(path, 1 << 20, &text, &size, err));
    const char *line = strstr((const char *)text, "\ndata = ");
    if (line) {
        line += strlen("\ndata = ");
        size_t n = strcspn(line, "\r\n");
        *data = mem_alloc(n + 1);
        if (*data) memcpy(*data, line, n), (*data)[n] = 0;
    }
    mem_free(text);
    if (line && !*data) return mem_error(err, path);
    return line
               ? STATUS_OK
               : error_set(err, STATUS_INPUT, "%s: has no line 'data = MANIFEST'; name it with --data", path);
}

static double number(const Config *c, const ConfigOption *o) {
    const char *at = (const char *)c + o->offset;
    int whole;
    double v;
    if (o->type == OPTION_INT) {
        memcpy(&whole, at, sizeof whole);
        return whole;
    }
    memcpy(&v, at, sizeof v);
    return v;
}

double config_number(const Config *c, const char *name) {
    const ConfigOption *o = find(name);
    NN_REQUIRE(o, "no setting %s", name);
    return number(c, o);
}

const char *config_value(const Config *c, const ConfigOption *o, char text[64]) {
    double v = number(c, o);
    if (o->type == OPTION_INT) {
        snprintf(text, 64, "%d", (int)v);
    } else {
        for (int digits = 15; digits <= 17; digits++) { /* the fewest that parse to the same number */
            snprintf(text, 64, "%.*g", digits, v);
            if (strtod(text, NULL) == v) break;
        }
    }
    return text;
}

Status config_write(const Config *c, const char *data, const char *path, Error *err) {
    FileWriter w;
    TRY(file_begin(&w, path, err));
    file_printf(&w, "# Every setting of this run. Use again with: msach train --config FILE\ndata = %s\n",
                data);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        file_printf(&w, "%s = %s  # %s\n", CONFIG_TABLE[i].name, config_value(c, &CONFIG_TABLE[i], text),
                    CONFIG_TABLE[i].meaning);
    }
    return file_commit(&w, err);
}

Status config_check(const Config *c, Error *err) {
    if (c->bits % 8) return error_set(err, STATUS_USAGE, "bits %d is not a multiple of 8", c->bits);
    if (c->image_size % CNN_SHRINK)
        return error_set(err, STATUS_USAGE, "image_size %d is not a multiple of %d", c->image_size,
                         CNN_SHRINK);
    if (c->dim % c->heads)
        return error_set(err, STATUS_USAGE, "heads %d do not divide dim %d", c->heads, c->dim);
    if (!c->transformer && c->joint_pass)
        return error_set(err, STATUS_USAGE, "transformer = 0 has no joint pass; set joint_pass = 0 as well");
    if (!PART_VARIANTS &&
        (c->laplacian || c->geodesic || c->end_to_end || c->train_cases || c->encode_views > 1 ||
         c->layers > 1 || c->weight_likelihood > 0 || c->weight_decorrelation > 0))
        return error_set(
            err, STATUS_USAGE,
            "laplacian, geodesic, end_to_end, train_cases, encode_views, layers, weight_likelihood, "
            "weight_decorrelation: " PART_ABSENT("variants"));
    if (c->end_to_end && c->laplacian)
        return error_set(err, STATUS_USAGE,
                         "laplacian = 1 needs the neighbour graph, which end_to_end = 1 does not have");
    return STATUS_OK;
}

VocabOptions config_vocab(const Config *c) {
    return (VocabOptions){.max_words = c->max_words,
                          .min_count = c->min_count,
                          .min_groups = c->vocab_groups,
                          .buckets = c->buckets,
                          .length = c->text_length,
                          .fold = c->fold_numbers};
}

ModelConfig config_model(const Config *c) {
    bool known = !c->end_to_end; /* end to end there are no posteriors of a trained stage 1 */
    return (ModelConfig){.image_size = c->image_size,
                         .width = c->width,
                         .blocks = c->blocks,
                         .dim = c->dim,
                         .text_length = c->text_length,
                         .buckets = c->buckets,
                         .layers = c->layers,
                         .heads = c->heads,
                         .bits = c->bits,
                         .transformer = c->transformer,
                         .encode_views = c->encode_views,
                         .deviation = 1,
                         .semantic = known && c->semantic,
                         .landmarks = known ? c->landmarks : 0,
                         .descriptor = DESCRIPTOR_DIM};
}
