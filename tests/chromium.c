#include "tests/chromium.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/fixtures.h"

enum { PATIENCE_MS = 60000 };

static const char *program(void) {
    static const char *const names[] = {"/usr/bin/chromium", "/usr/bin/chromium-browser",
                                        "/usr/local/bin/chromium"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (access(names[i], X_OK) == 0) return names[i];
    cr_skip("chromium is not installed");
    return NULL;
}

/* ---- The protocol: JSON messages that end in 0, to the child's descriptor 3 and from its 4 ---- */

static void send_message(Chromium *c, const char *method, json_t *parameters) {
    json_t *m = json_pack("{s:i,s:s,s:o}", "id", ++c->id, "method", method, "params", parameters);
    if (c->session[0]) json_object_set_new(m, "sessionId", json_string(c->session));
    char *text = json_dumps(m, JSON_COMPACT);
    size_t size = strlen(text) + 1;
    for (size_t done = 0; done < size;) {
        ssize_t n = write(c->to, text + done, size - done);
        cr_assert_gt(n, 0);
        done += (size_t)n;
    }
    free(text);
    json_decref(m);
}

static json_t *next_message(Chromium *c) {
    for (;;) {
        char *end = c->size ? memchr(c->input, 0, c->size) : NULL;
        if (end) {
            json_t *m = json_loads(c->input, 0, NULL);
            size_t used = (size_t)(end + 1 - c->input);
            memmove(c->input, end + 1, c->size -= used);
            return m;
        }
        if (c->size == c->capacity) c->input = realloc(c->input, c->capacity = 2 * c->capacity + 65536);
        struct pollfd ready = {.fd = c->from, .events = POLLIN};
        cr_assert_eq(poll(&ready, 1, PATIENCE_MS), 1, "chromium does not answer");
        ssize_t n = read(c->from, c->input + c->size, c->capacity - c->size);
        cr_assert_gt(n, 0, "chromium is gone");
        c->size += (size_t)n;
    }
}

/* The result of a call; events in between are dropped. */
static json_t *call(Chromium *c, const char *method, json_t *parameters) {
    send_message(c, method, parameters ? parameters : json_object());
    for (;;) {
        json_t *m = next_message(c), *result = json_object_get(m, "result");
        if (json_integer_value(json_object_get(m, "id")) == c->id) {
            char *said = json_dumps(m, 0);
            cr_assert_not_null(result, "%s: %s", method, said);
            free(said);
            json_incref(result);
            json_decref(m);
            return result;
        }
        json_decref(m);
    }
}

static void tell(Chromium *c, const char *method, json_t *parameters) {
    json_decref(call(c, method, parameters));
}

/* ---- Beginning and end ---- */

static void run_child(const char *path, int in, int out) {
    char profile[600];
    snprintf(profile, sizeof profile, "--user-data-dir=%s", fixture_path("chromium"));
    int log = open(fixture_path("chromium.log"), O_CREAT | O_WRONLY, 0600), from = fcntl(in, F_DUPFD, 10),
        to = fcntl(out, F_DUPFD, 10);
    dup2(log, 1);
    dup2(log, 2);
    dup2(from, 3);
    dup2(to, 4);
    for (int fd = 5; fd < 64; fd++) close(fd);
    execl(path, path, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", profile,
          "about:blank", (char *)NULL);
    _exit(127);
}

static void attach(Chromium *c) {
    json_t *targets = call(c, "Target.getTargets", NULL), *list = json_object_get(targets, "targetInfos"),
           *page = NULL;
    for (size_t i = 0; i < json_array_size(list) && !page; i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "type")), "page") == 0)
            page = json_array_get(list, i);
    cr_assert_not_null(page);
    json_t *r = call(c, "Target.attachToTarget",
                     json_pack("{s:s,s:b}", "targetId", json_string_value(json_object_get(page, "targetId")),
                               "flatten", 1));
    snprintf(c->session, sizeof c->session, "%s", json_string_value(json_object_get(r, "sessionId")));
    json_decref(r);
    json_decref(targets);
}

Chromium chromium_open(void) {
    Chromium c = {0};
    int in[2], out[2];
    const char *path = program();
    cr_assert(pipe(in) == 0 && pipe(out) == 0);
    c.pid = fork();
    cr_assert_geq(c.pid, 0);
    if (c.pid == 0) run_child(path, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    c.to = in[1];
    c.from = out[0];
    attach(&c);
    return c;
}

void chromium_close(Chromium *c) {
    c->session[0] = 0;
    send_message(c, "Browser.close", json_object());
    for (int i = 0; i < 100 && waitpid(c->pid, NULL, WNOHANG) == 0; i++) usleep(100000);
    close(c->to);
    close(c->from);
    free(c->input);
}

/* ---- What a person does and sees ---- */

void chromium_view(Chromium *c, int width, int height, bool dark) {
    tell(c, "Emulation.setDeviceMetricsOverride",
         json_pack("{s:i,s:i,s:i,s:b}", "width", width, "height", height, "deviceScaleFactor", 1, "mobile",
                   width < 600));
    tell(c, "Emulation.setEmulatedMedia",
         json_pack("{s:[{s:s,s:s}]}", "features", "name", "prefers-color-scheme", "value",
                   dark ? "dark" : "light"));
}

void chromium_go(Chromium *c, const char *url) {
    tell(c, "Page.navigate", json_pack("{s:s}", "url", url));
    chromium_wait(c, "document.readyState === 'complete' && location.href !== 'about:blank'");
}

char *chromium_value(Chromium *c, const char *expression) {
    json_t *r =
        call(c, "Runtime.evaluate",
             json_pack("{s:s,s:b,s:b}", "expression", expression, "returnByValue", 1, "awaitPromise", 1));
    json_t *value = json_object_get(json_object_get(r, "result"), "value");
    cr_assert_null(json_object_get(r, "exceptionDetails"), "%s throws", expression);
    char *text =
        json_is_string(value) ? strdup(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY);
    json_decref(r);
    return text ? text : strdup("");
}

void chromium_run(Chromium *c, const char *expression) {
    free(chromium_value(c, expression));
}

void chromium_wait(Chromium *c, const char *expression) {
    char *said = NULL;
    for (int i = 0; i < 200; i++) {
        free(said);
        said = chromium_value(c, expression);
        bool there = strcmp(said, "true") == 0;
        if (there) {
            free(said);
            return;
        }
        usleep(100000);
    }
    char *page = chromium_value(c, "document.body.innerText.slice(0, 2000)");
    cr_assert_fail("%s is %s; the page reads\n%s", expression, said, page);
}

void chromium_type(Chromium *c, const char *text) {
    tell(c, "Input.insertText", json_pack("{s:s}", "text", text));
}

void chromium_key(Chromium *c, const char *key) {
    static const struct {
        const char *key, *code, *text;
        int number;
    } keys[] = {{"Tab", "Tab", "", 9},   {"Enter", "Enter", "\r", 13}, {"Escape", "Escape", "", 27},
                {" ", "Space", " ", 32}, {"/", "Slash", "/", 191},     {"ArrowDown", "ArrowDown", "", 40}};
    size_t i = 0;
    while (strcmp(keys[i].key, key) != 0) cr_assert_lt(++i, sizeof keys / sizeof *keys);
    for (int up = 0; up < 2; up++)
        tell(c, "Input.dispatchKeyEvent",
             json_pack("{s:s,s:s,s:s,s:s,s:i}", "type",
                       up                ? "keyUp"
                       : keys[i].text[0] ? "keyDown"
                                         : "rawKeyDown",
                       "key", key, "code", keys[i].code, "text", up ? "" : keys[i].text,
                       "windowsVirtualKeyCode", keys[i].number));
}

void chromium_click(Chromium *c, const char *selector) {
    char expression[400];
    double x, y;
    snprintf(expression, sizeof expression,
             "(() => { const e = document.querySelector('%s'); e.scrollIntoView({block: 'center'}); const r "
             "= e.getBoundingClientRect(); return `${r.x + r.width / 2} ${r.y + r.height / 2}`; })()",
             selector);
    char *place = chromium_value(c, expression);
    cr_assert_eq(sscanf(place, "%lf %lf", &x, &y), 2, "%s", place);
    free(place);
    for (int up = 0; up < 2; up++)
        tell(c, "Input.dispatchMouseEvent",
             json_pack("{s:s,s:f,s:f,s:s,s:i}", "type", up ? "mouseReleased" : "mousePressed", "x", x, "y", y,
                       "button", "left", "clickCount", 1));
}

void chromium_drop(Chromium *c, const char *path) {
    static const char *const types[] = {"dragEnter", "dragOver", "drop"};
    for (int i = 0; i < 3; i++)
        tell(c, "Input.dispatchDragEvent",
             json_pack("{s:s,s:i,s:i,s:{s:[],s:[s],s:i}}", "type", types[i], "x", 200, "y", 200, "data",
                       "items", "files", path, "dragOperationsMask", 1));
}

static int digit64(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    return c && at ? (int)(at - digits) : -1;
}

void chromium_shot(Chromium *c, const char *name) {
    const char *folder = getenv("MSACH_SHOTS");
    char path[600];
    if (!folder) return;
    json_t *r = call(c, "Page.captureScreenshot", NULL);
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f, "%s", path);
    unsigned bits = 0, n = 0;
    for (const char *s = json_string_value(json_object_get(r, "data")); digit64(*s) >= 0; s++) {
        bits = bits << 6 | (unsigned)digit64(*s);
        if (++n % 4 != 1) fputc((int)(bits >> (2 * (3 - (n - 1) % 4)) & 255), f);
    }
    fclose(f);
    json_decref(r);
}
