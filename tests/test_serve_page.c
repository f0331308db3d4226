/* The page of `msach serve` in a real browser, as a person uses it: typing, a dropped picture, a case, pages, filters, the keyboard alone, both
 * themes, a phone and a desk. What looks like a script in an archive is shown and not run. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/chromium.h"
#include "tests/serving.h"

static const char ANSWERED[] = "/nearest/.test(document.querySelector('#status').textContent)";

static void open_page(Chromium *c, const Serving *s, const char *query) {
    char url[400];
    snprintf(url, sizeof url, "http://%s/%s%s%s", s->host, query, s->token[0] ? "?token=" : "", s->token);
    chromium_go(c, url);
    chromium_wait(c, "/60 cases/.test(document.querySelector('#about').textContent)");
}

static void ask_text(Chromium *c, const char *text) {
    chromium_wait(c, "document.activeElement.id === 'text'");
    chromium_type(c, text);
    chromium_key(c, "Enter");
    chromium_wait(c, ANSWERED);
}

/* No wider than the window, every text readable against its background, pictures shown, names for what can be pressed. */
static void expect_sound(Chromium *c) {
    chromium_wait(c, "document.documentElement.scrollWidth <= innerWidth");
    chromium_wait(c, "document.querySelectorAll('#hits img').length > 0 && [...document.images].filter(i => "
                     "i.complete && i.src && !i.naturalWidth).length === 0");
    chromium_wait(
        c, "[...document.querySelectorAll('button, input:not([type=hidden]), select')].every(e => "
           "(e.textContent || e.getAttribute('aria-label') || (e.labels && e.labels.length) || e.title))");
    chromium_wait(
        c,
        "(() => { const lum = s => { const v = s.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255).map(x => x "
        "<= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * v[0] + .7152 * v[1] + .0722 * "
        "v[2]; };"
        "const back = e => { for (; e; e = e.parentElement) { const b = getComputedStyle(e).backgroundColor; "
        "if (!/, 0\\)|transparent/.test(b)) return b; } return "
        "getComputedStyle(document.body).backgroundColor; };"
        "return [...document.querySelectorAll('h1, h3, p, .tag, button, summary, label, mark, li')].filter(e "
        "=> e.offsetParent && e.textContent.trim()).every(e => { const a = lum(getComputedStyle(e).color), b "
        "= lum(back(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) >= 4.4; }); })()");
}

Test(serve_page, a_person_types_drops_and_pages, .timeout = 120) {
    char path[600];
    Chromium c = chromium_open();
    Serving s = serving_start("");
    chromium_view(&c, 1280, 900, false);
    open_page(&c, &s, "");
    chromium_shot(&c, "start-1280-light");
    chromium_key(&c, "Enter");
    chromium_wait(&c, "/Type a sentence/.test(document.querySelector('#status').textContent)");
    ask_text(&c, "free fluid and nodule");
    chromium_wait(&c, "location.search === '?text=free+fluid+and+nodule'");
    chromium_wait(&c, "[...document.querySelectorAll('#hits mark')].every(m => "
                      "/^(free|fluid|nodule)$/i.test(m.textContent)) && document.querySelectorAll('#hits "
                      "mark').length > 0");
    chromium_wait(&c,
                  "document.querySelector('.paper').textContent === 'Asked: text \"free fluid and nodule\"'");
    expect_sound(&c);
    chromium_shot(&c, "text-1280-light");
    chromium_wait(&c, "/and \\d+ more of this group/.test(document.querySelector('#hits').textContent)");
    chromium_click(&c, "#filters summary");
    chromium_click(&c, "#per_group");
    chromium_click(&c, "button.main");
    chromium_wait(&c, "/per_group=0/.test(location.search) && !/more of this "
                      "group/.test(document.querySelector('#hits').textContent)");
    chromium_click(&c, "#next");
    chromium_wait(&c, "/^51\\./.test(document.querySelector('#hits h3').textContent) && "
                      "document.querySelector('#next').disabled");
    chromium_run(&c, "history.back()");
    chromium_wait(&c, "/^1\\./.test(document.querySelector('#hits h3').textContent)");
    chromium_click(&c, "#hits .show");
    chromium_wait(
        &c, "document.querySelector('#viewer').open && document.querySelector('#whole').naturalWidth === 32");
    chromium_shot(&c, "viewer-1280-light");
    chromium_key(&c, "Escape");
    chromium_wait(&c, "!document.querySelector('#viewer').open");
    chromium_click(&c, "#hits .like button");
    chromium_wait(&c, "/[?&]id=case\\d+&find=image|find=image&id=case/.test(location.search) && /nearest "
                      "pictures/.test(document.querySelector('#status').textContent)");
    snprintf(path, sizeof path, "%s/case0003.png", s.images);
    chromium_drop(&c, path);
    chromium_wait(&c, "!document.querySelector('#picked').hidden && /A link cannot hold a "
                      "picture/.test(document.querySelector('#facts').textContent)");
    chromium_shot(&c, "picture-1280-light");
    chromium_wait(&c, "document.querySelector('#preview').naturalWidth === 32");
    chromium_run(&c, "pick(new File([new Uint8Array((16 << 20) + 1)], 'large.png')); go(readForm())");
    chromium_wait(&c, "/larger than 16 MiB/.test(document.querySelector('#status').textContent)");
    chromium_close(&c);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve_page, the_keyboard_alone_is_enough, .timeout = 120) {
    Chromium c = chromium_open();
    Serving s = serving_start("");
    chromium_view(&c, 1280, 900, true);
    open_page(&c, &s, "");
    ask_text(&c, "cyst");
    chromium_shot(&c, "text-1280-dark");
    expect_sound(&c);
    for (int i = 0; i < 40; i++) {
        char *there = chromium_value(&c, "document.activeElement.className");
        bool done = strcmp(there, "show") == 0;
        free(there);
        if (done) break;
        chromium_key(&c, "Tab");
    }
    chromium_wait(&c, "document.activeElement.className === 'show' && "
                      "getComputedStyle(document.activeElement).outlineStyle !== 'none'");
    chromium_key(&c, "Enter");
    chromium_wait(&c, "document.querySelector('#viewer').open");
    chromium_key(&c, "Escape");
    chromium_wait(&c, "document.activeElement.className === 'show'");
    chromium_key(&c, "/");
    chromium_wait(&c, "document.activeElement.id === 'text' && document.activeElement.value === 'cyst'");
    chromium_close(&c);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve_page, a_phone_in_both_themes_and_a_link_with_filters, .timeout = 120) {
    Chromium c = chromium_open();
    Serving s = serving_start("");
    for (int dark = 0; dark < 2; dark++) {
        chromium_view(&c, 390, 844, dark);
        open_page(&c, &s, "?text=cyst&label=cyst&words=-fluid&per_group=0");
        chromium_wait(&c, ANSWERED);
        expect_sound(&c);
        chromium_wait(&c, "document.querySelector('#filters').open && document.querySelector('#words').value "
                          "=== '-fluid' && !document.querySelector('#per_group').checked && "
                          "document.querySelector('#label').selectedOptions[0].value === 'cyst'");
        chromium_wait(&c,
                      "[...document.querySelectorAll('#hits li')].every(h => /cyst/.test(h.textContent))");
        chromium_shot(&c, dark ? "form-390-dark" : "form-390-light");
        chromium_run(&c, "document.querySelector('#hits').scrollIntoView()");
        chromium_shot(&c, dark ? "hits-390-dark" : "hits-390-light");
    }
    chromium_close(&c);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve_page, a_script_in_a_report_is_shown_and_never_runs, .timeout = 120) {
    char command[2000];
    Chromium c = chromium_open();
    Serving s = serving_start("");
    serving_stop(&s, SIGTERM, 0);
    snprintf(command, sizeof command,
             "sed -e '1!s/\\t\\([A-Z]\\)/\\t<script>window.attacked=1<\\/script><img src=x "
             "onerror=window.attacked=1> \\1/' -e '1!s/^case0001\t/<b>case\\&quot;\t/' '%s/../manifest.tsv' "
             ">'%s/../hostile.tsv'",
             s.images, s.images);
    cr_assert_eq(system(command), 0);
    expect_msach(0, NULL, "index -q --model %s --data %s/../hostile.tsv --out %s", s.run, s.images, s.index);
    serving_begin(&s, "--token");
    chromium_view(&c, 390, 844, false);
    open_page(&c, &s, "");
    chromium_wait(&c, "location.search === '' && !/token/.test(location.href)");
    ask_text(&c, "<script>window.attacked=1</script> cyst");
    chromium_wait(
        &c, "document.querySelector('#hits').textContent.includes('<script>window.attacked=1</script>')");
    chromium_wait(&c, "window.attacked === undefined && document.scripts.length === 1 && "
                      "!document.querySelector('#hits script, #hits [onerror], #hits b')");
    chromium_wait(&c, "performance.getEntriesByType('resource').every(e => "
                      "e.name.startsWith(location.origin) || e.name.startsWith('blob:'))");
    chromium_close(&c);
    serving_stop(&s, SIGTERM, 0);
}
