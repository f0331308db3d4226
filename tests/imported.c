#include "tests/imported.h"

#include <stdio.h>
#include <string.h>

#include "data/manifest.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

void picture(const char *name) {
    static uint8_t number;
    uint8_t gray[16 * 16] = {number++};
    fixture_file(name, "", 0);
    fixture_png(name, 16, 16, gray);
}

static void put_sources(Buffer *b, const char *sources) {
    char name[200];
    for (const char *at = sources; *at;) {
        size_t n = strcspn(at, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        buffer_printf(b, " '%s'", fixture_path(name));
        at += n + (at[n] != 0);
    }
}

const char *imported(const char *layout, const char *sources, const char *options, int code,
                     const char *said) {
    static char text[16384];
    static int number;
    char out[64], path[80];
    Buffer words = {0};
    put_sources(&words, sources);
    buffer_add(&words, "", 1);
    snprintf(out, sizeof out, "out%d", number++);
    snprintf(path, sizeof path, "%s/manifest.tsv", out);
    expect_msach(code, said, "import %s %s --out %s %s", layout, (char *)words.data, fixture_path(out),
                 options);
    buffer_free(&words);
    FILE *f = fopen(fixture_path(path), "rb");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = 0;
    cr_assert_eq(n > 0, code == 0 && !strstr(options, "--dry-run"));
    if (n) {
        Manifest m;
        Error err = {0};
        Status s = manifest_read(&m, fixture_path(path),
                                 &(ManifestOptions){.need_images = true, .need_texts = true}, NULL, &err);
        cr_assert_eq(s, STATUS_OK, "%s", err.message);
        manifest_free(&m);
    }
    return text;
}
