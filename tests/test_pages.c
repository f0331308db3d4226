/* Every page that the command writes, in a real browser: what looks like a script in an archive is shown and not run, nothing
 * comes from elsewhere, pictures show, and a phone of 390 pixels needs no scrolling to the side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval/page/html.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

enum { PATHS = 600 };

/* Loads each page in a frame as wide as a phone and writes a line on it: what is wrong, or "fine". */
static const char WRAPPER[] =
    "<!DOCTYPE html><meta charset=utf-8><pre id=out></pre><script>\n"
    "const out = document.getElementById('out');\n"
    "async function faults(name, frame, shown) {\n"
    "  const d = frame.contentDocument, w = frame.contentWindow, f = [];\n"
    "  if (!d || !d.querySelector('main')) return ['did not load'];\n"
    "  if (d.documentElement.scrollWidth > frame.clientWidth) f.push('is ' + d.documentElement.scrollWidth + "
    "' wide');\n"
    "  if ([...d.scripts].some(s => !/[/]find([.]js|[/]000[/]000000[.]js)$/.test(s.src)) || window.attacked "
    "|| w.attacked || d.querySelector('[onerror]')) f.push('runs "
    "what an archive holds');\n"
    "  if (shown && !d.body.textContent.includes('<script>top.attacked')) f.push('does not show the text of "
    "the archive');\n"
    "  for (const e of w.performance.getEntriesByType('resource'))\n"
    "    if (!/^(data|file):/.test(e.name)) f.push('asks for ' + e.name);\n"
    "  for (const a of d.querySelectorAll('a[href]')) if (a.protocol !== 'file:') f.push('leads to ' + "
    "a.href);\n"
    "  for (const i of d.images) if (i.complete && !i.naturalWidth) { /* a busy machine may give up once */\n"
    "    const again = new Image(); again.src = i.src;\n"
    "    await again.decode().catch(() => f.push('has a broken picture')); }\n"
    "  if (d.images.length && ![...d.images].some(i => i.naturalWidth)) f.push('shows no picture');\n"
    "  if (d.querySelector('h1 ~ h1')) f.push('has two titles');\n"
    "  return f;\n"
    "}\n"
    "async function finds(frame) { /* the search box of a gallery: by id and label */\n"
    "  const d = frame.contentDocument, box = d.getElementById('find'), links = () => "
    "[...d.querySelectorAll('#cases a')];\n"
    "  if (!box || box.form.hidden) return ['has no search box'];\n"
    "  const type = async text => { box.value = text; box.dispatchEvent(new Event('input'));\n"
    "    for (let i = 0; i < 50 && !links().length; i++) await new Promise(r => setTimeout(r, 100)); };\n"
    "  await type('<IMG src cyst');\n"
    "  if (links().some(a => !/cyst/.test(a.parentNode.textContent))) return ['finds what has other "
    "labels'];\n"
    "  await type('CASE0003');\n"
    "  if (links().length !== 1 || links()[0].textContent !== 'case0003') return ['does not find an id: ' + "
    "d.getElementById('found').textContent];\n"
    "  return /case.000.000002.html$/.test(links()[0].href) ? [] : ['leads to ' + links()[0].href];\n"
    "}\n"
    "function look(name, shown) {\n"
    "  const frame = document.createElement('iframe');\n"
    "  frame.style = 'width:390px;height:800px;border:0';\n"
    "  frame.onload = async () => { const f = await faults(name, frame, shown);\n"
    "    if (/^gallery/.test(name)) f.push(...await finds(frame), ...await faults(name, frame, shown));\n"
    "    out.textContent += name + ': ' + (f.length ? f.join('; ') : 'fine') + '\\n'; };\n"
    "  frame.src = name;\n"
    "  document.body.append(frame);\n"
    "}\n";

typedef struct {
    const char *name;
    int shown; /* the page must hold the archive's hostile text */
} Page;

static const Page PAGES[] = {{"search.html", 1},
                             {"picture.html", 1},
                             {"gallery/index.html", 1},
                             {"gallery/list/000/000001.html", 1},
                             {"gallery/case/000/000000.html", 1},
                             {"gallery/case/000/000001.html", 1},
                             {"run/report.html", 0},
                             {"run/inspect.html", 0},
                             {"run/explain.html", 0},
                             {"table/table.html", 0}};
enum { N_PAGES = sizeof PAGES / sizeof PAGES[0] };

static int shell(const char *fmt, ...) NN_PRINTF(1, 2);
static int shell(const char *fmt, ...) {
    char command[3000];
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    return system(command);
}

/* A tiny archive whose ids, labels and reports hold markup, and all pages of it. */
static void make_pages(const char *folder) {
    const char *hostile = "<script>top.attacked=1<\\/script>";
    expect_msach(0, NULL, "phantom -q --out %s --cases 60 --size 32 --lang mixed", folder);
    cr_assert_eq(
        shell(
            "cd '%s' && sed -e '1!s/normal/%s/g' -e '1!s/^case0001\t/<img src=x onerror=top.attacked=1>\t/' "
            "-e '1!s/\\t\\([A-Z]\\)/\\t%s\\1/' manifest.tsv >hostile.tsv",
            folder, hostile, hostile),
        0);
    expect_msach(0, NULL, "train -q --explain --data %s/hostile.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
    expect_msach(0, NULL, "train -q --data %s/hostile.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
    expect_msach(0, NULL, "index -q --model %s/run --data %s/hostile.tsv --out %s/a.idx", folder, folder,
                 folder);
    expect_msach(0, NULL,
                 "search --model %s/run --index %s/a.idx --text '<script>top.attacked=1</script>' --html "
                 "%s/search.html",
                 folder, folder, folder);
    expect_msach(
        0, NULL,
        "search --model %s/run --index %s/a.idx --image %s/images/case0003.png --html %s/picture.html",
        folder, folder, folder, folder);
    expect_msach(0, "gallery/index.html", "browse -q --model %s/run --index %s/a.idx --out %s/gallery",
                 folder, folder, folder);
    expect_msach(0, NULL, "inspect %s/run", folder);
    expect_msach(0, NULL,
                 "table -q --data %s/hostile.tsv --out %s/table --bits 16 --seeds 1 --quick --set %s", folder,
                 folder, tiny_settings);
}

static void write_wrapper(const char *folder) {
    Buffer b = {0};
    char path[PATHS];
    buffer_printf(&b, "%s", WRAPPER);
    for (int i = 0; i < N_PAGES; i++) buffer_printf(&b, "look('%s', %d);\n", PAGES[i].name, PAGES[i].shown);
    buffer_printf(&b, "</script>\n");
    snprintf(path, sizeof path, "%s/wrapper.html", folder);
    cr_assert_eq(file_write(path, b.data, b.size, NULL), STATUS_OK);
    buffer_free(&b);
}

Test(pages, are_shown_in_a_browser_on_a_phone_and_run_nothing) {
    if (shell("command -v chromium >/dev/null || command -v chromium-browser >/dev/null") != 0)
        cr_skip("chromium is not installed");
    const char *folder = fixture_path("pages");
    char path[PATHS];
    make_pages(folder);
    write_wrapper(folder);
    int code = shell(
        "cd '%s' && timeout 100 $(command -v chromium || command -v chromium-browser) --headless "
        "--no-sandbox --disable-gpu "
        "--allow-file-access-from-files --user-data-dir='%s/profile' --virtual-time-budget=20000 --dump-dom "
        "\"file://%s/wrapper.html\" >dom.html 2>chromium.log",
        folder, folder, folder);
    cr_assert_eq(code, 0, "chromium ended with %d", code);
    unsigned char *dom;
    size_t size;
    snprintf(path, sizeof path, "%s/dom.html", folder);
    cr_assert_eq(file_read(path, 1 << 26, &dom, &size, NULL), STATUS_OK);
    char *said = strstr((char *)dom, "<pre id=\"out\">"), *end = said ? strstr(said, "</pre>") : NULL;
    cr_assert_not_null(end, "%s", (char *)dom);
    *end = 0;
    for (int i = 0; i < N_PAGES; i++) {
        char fine[128];
        snprintf(fine, sizeof fine, "%s: fine\n", PAGES[i].name);
        cr_assert_not_null(strstr(said, fine), "%s", said);
    }
    mem_free(dom);
}

/* ---- Without a browser ---- */

static TinyRun gallery_set(char index[PATHS]) {
    TinyRun t = tiny_run("tiny");
    snprintf(index, PATHS, "%s.idx", t.manifest);
    expect_msach(0, "60 cases", "index --model %s --data %s --out %s", t.run, t.manifest, index);
    return t;
}

static char *page_of(const char *folder, const char *name) {
    char path[2 * PATHS];
    unsigned char *text;
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(file_read(path, 1 << 26, &text, &size, NULL), STATUS_OK, "%s", path);
    return (char *)text;
}

Test(search_page, says_what_it_is_and_what_to_judge_the_hits_by) {
    char index[PATHS];
    TinyRun t = gallery_set(index);
    const char *path = fixture_path("a.html");
    setenv("SOURCE_DATE_EPOCH", "86400", 1);
    expect_msach(0, "a.html",
                 "search --model %s --index %s --text 'Free Fluid' --find text --per-group 1 -k 0 --html %s",
                 t.run, index, path);
    unsetenv("SOURCE_DATE_EPOCH");
    char *page = page_of("/", path);
    static const char *const parts[] = {"1970-01-02",
                                        "msach search --model",
                                        "--text &#39;Free Fluid&#39;",
                                        "manifest.tsv.idx, 60 cases",
                                        "run, checksum",
                                        "nearest reports",
                                        "<mark>fluid</mark>",
                                        "more of this group",
                                        "trained on",
                                        "manifest crc32",
                                        "are ordered by the question&#39;s scores"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_assert_not_null(strstr(page, parts[i]), "%s", parts[i]);
    cr_assert_null(strstr(page, "text code"));
    mem_free(page);
}

Test(search_page, a_card_holds_the_facts_of_its_hit) {
    Buffer b = {0};
    HtmlHit h = {.distance = 3,
                 .bits = 64,
                 .id = "a",
                 .text = "Free fluid and fluids",
                 .match = -1,
                 .trained = true,
                 .share = 0.62,
                 .range = {0.38, 0.81},
                 .more = 9,
                 .words = "FLUID and x"};
    html_hit(&b, &h);
    static const char *const parts[] = {"training case", "about 6 in 10 (4 to 8) at",
                                        "and 9 more of this group", "Free <mark>fluid</mark> and fluids"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_assert_not_null(strstr(buffer_text(&b), parts[i]), "%s", parts[i]);
    b.size = 0;
    h.share = 0.03;
    html_hit(&b, &h);
    cr_assert_not_null(strstr(buffer_text(&b), "fewer than 1 in 10"));
    b.size = 0;
    h.share = 0.97;
    h.text = "\u53f3\u4fa7\u80f8\u8154\u79ef\u6db2\u3002";
    h.words = "\u79ef\u6db2";
    html_hit(&b, &h);
    cr_assert_not_null(strstr(buffer_text(&b), "nearly all"));
    cr_assert_not_null(strstr(buffer_text(&b), "\u80f8\u8154<mark>\u79ef\u6db2</mark>\u3002"), "%s",
                       buffer_text(&b));
    buffer_free(&b);
}

Test(browse, a_missing_picture_is_reported_and_ends_with_1) {
    char index[PATHS], path[PATHS];
    TinyRun t = gallery_set(index);
    snprintf(path, sizeof path, "%s/case0004.png", t.images);
    cr_assert_eq(remove(path), 0);
    const char *folder = fixture_path("gallery");
    expect_msach(1, "1 of 60 pictures is missing or damaged", "browse -q --index %s --out %s -k 3", index,
                 folder);
    snprintf(path, sizeof path, "%s/index.html", folder);
    cr_assert(path_exists(path), "the gallery is written all the same");
}

Test(browse, neighbours_are_those_of_the_search_in_both_directions) {
    char index[PATHS], hit[96];
    TinyRun t = gallery_set(index);
    const char *folder = fixture_path("gallery");
    expect_msach(0, "gallery/index.html", "browse -q --model %s --index %s --out %s -k 3", t.run, index,
                 folder);
    char *page = page_of(folder, "case/000/000004.html"), *at = page;
    for (int m = 0; m < 2; m++) {
        Ran r = run_msach("search --model %s --index %s --id case0005 --find %s -k 3 --tsv --per-group 1 "
                          "--rerank 100",
                          t.run, index, m ? "image" : "text");
        cr_assert_eq(r.code, 0, "%s", r.err);
        const char *line = strchr(r.out, '\n');
        for (int i = 0; i < 3; i++, line = strchr(line + 1, '\n')) {
            int rank, distance;
            char id[16], text[4000];
            snprintf(text, sizeof text, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
            cr_assert_eq(sscanf(text, "%d %d %15s", &rank, &distance, id), 3);
            snprintf(hit, sizeof hit, "%d. <a href=\"../../case/000/%06d.html\">%s</a>", rank,
                     atoi(id + 4) - 1, id);
            at = strstr(at, hit);
            cr_assert_not_null(at, "%s is not there", hit);
            snprintf(hit, sizeof hit, "%d of 64 bits", distance);
            char *bits = strstr(at, hit), *end = strstr(at, "</li>"), *seen = strstr(at, "training case");
            cr_assert(bits && bits < strstr(at, "</div>"));
            cr_assert_eq(seen && seen < end, strstr(text, "\tyes\t") != NULL, "%s", text);
        }
        ran_free(&r);
    }
    cr_assert_not_null(strstr(page, "Nearest pictures to its report"));
    cr_assert_not_null(strstr(page, "<mark>"), "the words of the report that asks");
    mem_free(page);
    page = page_of(folder, "index.html");
    static const char *const parts[] = {"msach browse --model", "run, checksum", "manifest.tsv.idx, 60 cases",
                                        "trained on"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_assert_not_null(strstr(page, parts[i]), "%s", parts[i]);
    mem_free(page);
}

/* Every file that a page links to, shows or runs is there. */
static void check_links(const char *folder, const char *name) {
    static const char *const kinds[] = {"href=\"", "src=\""};
    char path[3 * PATHS], beside[PATHS];
    char *page = page_of(folder, name);
    snprintf(beside, sizeof beside, "%s", name);
    char *slash = strrchr(beside, '/');
    if (slash) slash[1] = 0;
    for (int k = 0; k < 2; k++) {
        int links = 0;
        for (char *s = page; (s = strstr(s, kinds[k])); links++) {
            s += strlen(kinds[k]);
            if (strncmp(s, "data:", 5) == 0) continue;
            snprintf(path, sizeof path, "%s/%s%.*s", folder, slash ? beside : "", (int)strcspn(s, "\""), s);
            cr_assert_eq(path_exists(path), 1, "%s names %s", name, path);
        }
        cr_assert_gt(links, 0);
    }
    mem_free(page);
}

Test(browse, every_link_and_picture_is_there) {
    char index[PATHS];
    gallery_set(index);
    const char *folder = fixture_path("gallery");
    expect_msach(0, NULL, "browse -q --index %s --out %s/", index, folder);
    static const char *const pages[] = {"index.html", "list/000/000001.html", "case/000/000000.html",
                                        "case/000/000059.html"};
    for (int i = 0; i < 4; i++) check_links(folder, pages[i]);
}

/* 4,200 cases that share one picture of 290 kB, so that a gallery of them would take more than a gigabyte. */
static const char *large_archive(void) {
    enum { CASES = 4200, BITS = 8, PICTURE = 290000 };
    static char index[PATHS];
    Buffer manifest = {0}, codes = {0};
    char head[128];
    buffer_printf(&manifest, "id\timage\ttext\tlabels\n");
    for (int i = 0; i < CASES; i++)
        buffer_printf(&manifest, "c%d\tbig.png\tcyst %d\t%s\n", i, i, i % 2 ? "odd" : "even|large");
    uint8_t gray[16 * 16] = {0};
    char *path = path_join(fixture_dir(), "big.png");
    fixture_png("big.png", 16, 16, gray);
    cr_assert_eq(truncate(path, PICTURE), 0);
    mem_free(path);
    snprintf(head, sizeof head, "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d), }", CASES,
             BITS / 8);
    buffer_printf(&codes, "\x93NUMPY\x01%c%c%c%-117s\n", 0, 118, 0, head);
    for (int i = 0; i < CASES; i++) buffer_add(&codes, &(uint8_t){(uint8_t)i}, 1);
    path = path_join(fixture_dir(), "codes.npy");
    cr_assert_eq(file_write(path, codes.data, codes.size, NULL), STATUS_OK);
    snprintf(index, sizeof index, "%s/large.idx", fixture_dir());
    expect_msach(0, NULL, "index -q --data %s --image-codes %s --text-codes %s --form packed --out %s",
                 fixture_text("large.tsv", buffer_text(&manifest)), path, path, index);
    mem_free(path);
    buffer_free(&manifest);
    buffer_free(&codes);
    return index;
}

Test(browse, much_output_needs_yes_and_an_archive_of_many_pages_has_small_folders) {
    const char *index = large_archive(), *page = fixture_path("large.html"), *folder = fixture_path("large");
    expect_msach(2, "would take about 1.3 GB; more than 1.0 GB needs --yes", "browse -q --index %s --out %s",
                 index, folder);
    expect_msach(2, "more than 100 MB needs --yes", "search --index %s --words cyst -k 0 --html %s", index,
                 page);
    cr_assert_eq(path_exists(page), 0);
    char *picture = path_join(fixture_dir(), "big.png");
    uint8_t gray[16 * 16] = {0};
    fixture_png("big.png", 16, 16, gray);
    mem_free(picture);
    expect_msach(0, NULL, "search --index %s --words cyst -k 300 --html %s", index, page);
    expect_msach(0, "large/index.html", "browse -q --index %s --out %s -k 1", index, folder);
    cr_assert_eq(shell("test -z \"$(find '%s' -type d -exec sh -c 'test $(ls \"$1\" | wc -l) -gt 1000' sh {} "
                       "\\; -print)\"",
                       folder),
                 0, "a folder has more than 1,000 files");
    check_links(folder, "index.html");
    check_links(folder, "list/000/000034.html");
    check_links(folder, "case/004/004199.html");
    char *text = page_of(folder, "list/000/000034.html");
    static const char *const steps[] = {"index.html\" dir=\"auto\">1<",
                                        "000024.html\" dir=\"auto\">25<",
                                        "page\" dir=\"auto\">35<",
                                        "000044.html\" dir=\"auto\">45<",
                                        "000069.html\" dir=\"auto\">70<",
                                        ">1</a>\n&hellip;\n<a",
                                        ">33</a>\n<a"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        cr_assert_not_null(strstr(text, steps[i]), "%s", steps[i]);
    mem_free(text);
}

Test(browse, a_folder_that_is_there_or_cannot_be_made_is_told_and_nothing_is_left) {
    char index[PATHS];
    gallery_set(index);
    expect_msach(2, "there already", "browse --index %s --out %s", index, fixture_dir());
    expect_msach(3, "no-such.idx", "browse --index no-such.idx --out %s", fixture_path("g"));
    expect_msach(3, "file.txt", "browse --index %s --out %s/g", index, fixture_text("file.txt", "x"));
    cr_assert_eq(path_exists(fixture_path("g")), 0);
}

Test(browse, deleted_cases_and_missing_modalities_are_told) {
    uint8_t gray[32 * 32] = {0};
    TinyRun t = tiny_run("tiny");
    fixture_png("a.png", 32, 32, gray);
    const char *manifest = fixture_text(
                   "m.tsv", "id\timage\ttext\na\ta.png\tcyst\nb\ta.png\t\nc\t\tstone\nd\ta.png\tcyst\n"),
               *index = fixture_path("part.idx"), *folder = fixture_path("gallery");
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, manifest, index);
    expect_msach(0, NULL, "index -q --delete d --out %s", index);
    expect_msach(0, NULL, "browse -q --index %s --out %s", index, folder);
    char *page = page_of(folder, "case/000/000001.html");
    cr_assert_not_null(strstr(page, "no report to ask with"));
    mem_free(page);
    page = page_of(folder, "case/000/000002.html");
    cr_assert_not_null(strstr(page, "no picture to ask with"));
    mem_free(page);
    page = page_of(folder, "index.html");
    cr_assert_null(strstr(page, "case/000/000003"));
    cr_assert_not_null(strstr(page, "3 cases"));
    mem_free(page);
}
