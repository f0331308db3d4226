/* Settings and questions: files of lines; the query string of the page's interface. A configuration that was read and written reads back the same, to the last bit. */
#include <string.h>

#include "cmd/queries.h"
#include "cmd/serve/ask.h"
#include "data/characters.h"
#include "nn/base/alloc.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"
#include "train/config.h"

void fuzz_config(const uint8_t *data, size_t size) {
    const char *path = harness_file("input.txt", data, size);
    Config c, again;
    Error err = {0};
    char *manifest = NULL;
    config_default(&c);
    Status s = config_read(&c, path, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s == STATUS_OK) {
        const char *written = harness_path("written.txt");
        FUZZ_CHECK(config_write(&c, "my manifest.tsv", written, NULL) == STATUS_OK);
        config_default(&again);
        FUZZ_CHECK(config_read(&again, written, NULL) == STATUS_OK);
        FUZZ_CHECK(memcmp(&c, &again, sizeof c) == 0);
        FUZZ_CHECK(config_data(written, &manifest, NULL) == STATUS_OK);
        FUZZ_CHECK(strcmp(manifest, "my manifest.tsv") == 0);
        mem_free(manifest);
        if (config_check(&c, &err) == STATUS_OK) FUZZ_CHECK(config_model(&c).bits == c.bits);
    }
    if (config_data(path, &manifest, &err) == STATUS_OK) mem_free(manifest);
}

void fuzz_queries(const uint8_t *data, size_t size) {
    FILE *from = fopen(harness_file("input.lines", data, size), "rb");
    FUZZ_CHECK(from != NULL);
    Queries lines = {.from = from, .path = "input"};
    Query q;
    Error err = {0};
    bool more;
    Status s;
    while ((s = queries_next(&lines, &q, &more, &err)) == STATUS_OK && more) {
        FUZZ_CHECK(q.value[0] && strlen((const char *)lines.text.data) < lines.text.size);
        FUZZ_CHECK(!strchr(q.value, '\n'));
    }
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && strncmp(err.message, "input:", 6) == 0));
    queries_free(&lines);
    fclose(from);
}

void fuzz_ask(const uint8_t *data, size_t size) {
    Ask a;
    Error err = {0};
    char *query = mem_calloc(size + 1, 1);
    FUZZ_CHECK(query != NULL);
    memcpy(query, data, size);
    Status s = ask_parse(&a, query, size % 2, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_USAGE && err.message[0]));
    if (s == STATUS_OK) {
        size_t n = a.query.value ? strlen(a.query.value) : 0;
        FUZZ_CHECK(n <= size + strlen("the picture") && utf8_valid(a.query.value, n) == n);
        FUZZ_CHECK(a.page >= 1 && a.page <= ASK_PAGES && a.options.k == (size_t)a.page * ASK_PAGE);
        FUZZ_CHECK(a.filter.n_labels <= ASK_LABELS && a.options.find < (int)MODALITIES);
        FUZZ_CHECK(a.query.kind != ASK_FILTER || a.filtered);
        s = ask_set_radius(&a, 64, &err);
        FUZZ_CHECK(s == STATUS_OK ? a.options.radius >= -1 && a.options.radius <= 64 : err.message[0]);
    }
    ask_free(&a);
    mem_free(query);
}
