/* `msach serve` over plain sockets: answers, refusals, limits, shutdown, and reloading of the index. */
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nn/base/log.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/serving.h"

/* ---- Answers ---- */

static json_t *ask_json(const Serving *s, int code, const char *target) {
    Answered a = serving_get(s, target);
    json_t *j = json_loads(a.body, 0, NULL);
    cr_assert_eq(a.code, code, "%s: %d %s", target, a.code, a.body);
    cr_assert_not_null(j, "%s: %s", target, a.body);
    answered_free(&a);
    return j;
}

static const char *text_at(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

/* Every hit of the answer has the fields of a line of `search --json`; images differ: a path there, an address here. */
static void expect_same_hits(json_t *answer, const char *lines) {
    json_t *hits = json_object_get(answer, "hits");
    cr_assert_gt(json_array_size(hits), 0);
    for (size_t i = 0; i < json_array_size(hits); i++) {
        const char *end = strchr(lines, '\n');
        cr_assert_not_null(end, "%zu hits, fewer lines", json_array_size(hits));
        json_t *want = json_loadb(lines, (size_t)(end - lines), 0, NULL), *have = json_array_get(hits, i);
        cr_assert(text_at(have, "image")[0] == 0 || strncmp(text_at(have, "image"), "/picture/", 9) == 0);
        json_object_set_new(have, "image", json_string(text_at(want, "image")));
        char *a = json_dumps(want, JSON_SORT_KEYS), *b = json_dumps(have, JSON_SORT_KEYS);
        cr_assert_str_eq(a, b);
        free(a);
        free(b);
        json_decref(want);
        lines = end + 1;
    }
}

Test(serve, answers_have_the_fields_and_the_hits_of_the_search) {
    Serving s = serving_start("");
    json_t *j = ask_json(&s, 200, "/api/search?text=anechoic+cyst&per_group=0&rerank=0");
    Ran r = run_msach("search --model %s --index %s --text 'anechoic cyst' --json -k 50", s.run, s.index);
    expect_same_hits(j, r.out);
    cr_assert_eq(json_integer_value(json_object_get(j, "cases")), 60);
    cr_assert(json_is_true(json_object_get(j, "next")));
    json_decref(j);
    ran_free(&r);
    j = ask_json(&s, 200, "/api/search?id=case0007&find=image&label=cyst&per_group=0&rerank=0");
    r = run_msach("search --model %s --index %s --id case0007 --find image --label cyst --json -k 50", s.run,
                  s.index);
    expect_same_hits(j, r.out);
    json_decref(j);
    ran_free(&r);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, a_picture_in_the_body_asks_as_a_file_does) {
    Serving s = serving_start("");
    char path[600];
    snprintf(path, sizeof path, "%s/case0003.png", s.images);
    Answered a = serving_post_file(&s, "/api/search?per_group=0&rerank=0", path);
    Ran r = run_msach("search --model %s --index %s --image %s --json -k 50", s.run, s.index, path);
    json_t *j = json_loads(a.body, 0, NULL);
    cr_assert_eq(a.code, 200, "%s", a.body);
    expect_same_hits(j, r.out);
    json_decref(j);
    ran_free(&r);
    answered_free(&a);
    a = serving_send(&s, "POST /api/search HTTP/1.1\r\nHost: %s\r\nContent-Length: 12\r\n\r\nnot a pictur",
                     s.host);
    cr_assert_eq(a.code, 400, "%s", a.body);
    cr_assert_not_null(strstr(a.body, "the picture"), "%s", a.body);
    answered_free(&a);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, pages_cases_pictures_and_facts) {
    Serving s = serving_start("");
    json_t *j = ask_json(&s, 200, "/api/search?text=cyst&page=2&per_group=0&rerank=0"),
           *hits = json_object_get(j, "hits");
    cr_assert_eq(json_array_size(hits), 10);
    cr_assert_eq(json_integer_value(json_object_get(json_array_get(hits, 0), "rank")), 51);
    cr_assert(json_is_false(json_object_get(j, "next")));
    const char *image = text_at(json_array_get(hits, 0), "image");
    Answered a = serving_get(&s, image);
    cr_assert_eq(a.code, 200);
    cr_assert_eq(memcmp(a.body, "\x89PNG", 4), 0);
    answered_free(&a);
    char thumb[128];
    snprintf(thumb, sizeof thumb, "/thumb/%s", image + strlen("/picture/"));
    a = serving_get(&s, thumb);
    cr_assert_eq(a.code, 200);
    cr_assert_not_null(strstr(a.head, "Cache-Control: no-store"));
    cr_assert_not_null(strstr(a.head, "Content-Security-Policy: default-src 'none'; script-src 'self'"));
    answered_free(&a);
    json_decref(j);
    j = ask_json(&s, 200, "/api/case?id=case0007");
    cr_assert_str_eq(text_at(j, "id"), "case0007");
    json_decref(j);
    j = ask_json(&s, 200, "/api/about");
    cr_assert_eq(json_integer_value(json_object_get(j, "cases")), 60);
    cr_assert_eq(json_array_size(json_object_get(j, "labels")), 8);
    cr_assert_gt(json_integer_value(json_object_get(j, "groups")), 1);
    json_decref(j);
    j = ask_json(&s, 200, "/api/search?words=%22no+free%22");
    cr_assert(json_is_null(json_object_get(j, "found")));
    json_decref(j);
    serving_stop(&s, SIGTERM, 0);
}

/* A deleted case is not counted, neither are its group and its labels: as `inspect` counts. */
Test(serve, about_and_inspect_count_the_cases_and_groups_that_are_left) {
    Serving s = {0};
    TinyRun t = tiny_run("tiny");
    snprintf(s.index, sizeof s.index, "%s", fixture_path("left.idx"));
    snprintf(s.run, sizeof s.run, "%s", t.run);
    const char *manifest = fixture_text("left.tsv", "id\ttext\tlabels\tgroup\n"
                                                    "a\tcyst\tx\tg1\nb\tcyst\tx\tg1\n"
                                                    "c\tstone\ty\tg2\nd\tstone\tx\tg3\ne\tstone\tx\tg3\n");
    expect_msach(0, "5 cases", "index --model %s --data %s --out %s", s.run, manifest, s.index);
    expect_msach(0, "2 cases", "index --out %s --delete a c d", s.index);
    Ran r = run_msach("inspect %s", s.index);
    cr_assert_not_null(strstr(r.out, "groups             2\n"), "%s", r.out);
    ran_free(&r);
    serving_begin(&s, "");
    json_t *j = ask_json(&s, 200, "/api/about");
    cr_assert_eq(json_integer_value(json_object_get(j, "groups")), 2);
    cr_assert_eq(json_integer_value(json_object_get(j, "cases")), 2);
    cr_assert_eq(json_array_size(json_object_get(j, "labels")), 1);
    json_decref(j);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, a_picture_of_another_case_is_never_shown_under_an_old_address) {
    Serving s = serving_start("");
    json_decref(ask_json(&s, 410, "/picture/3?c=0123456789abcdef"));
    serving_stop(&s, SIGTERM, 0);
}

/* ---- Refusals ---- */

typedef struct {
    int code;
    const char *request; /* %s: the right Host */
} Refusal;

static const Refusal REFUSALS[] = {
    {400, "GET / HTTP/1.1\r\n\r\n"},
    {403, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
    {403, "GET /api/about HTTP/1.1\r\nHost: evil.example:8765\r\n\r\n"},
    {403, "GET /api/about HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"},
    {400, "GET /api/about HTTP/1.1\r\nHost: %s\r\nHost: evil.example\r\n\r\n"},
    {400, "GET http://evil.example/api/about HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {403, "GET /api/about HTTP/1.1\r\nHost: %s\r\nOrigin: http://evil.example\r\n\r\n"},
    {403, "GET /api/about HTTP/1.1\r\nHost: %s\r\nOrigin: null\r\n\r\n"},
    {403, "GET /picture/1 HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Site: cross-site\r\n\r\n"},
    {403, "POST /api/search HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Site: same-site\r\nContent-Length: 1\r\n\r\nx"},
    {405, "POST /picture/1 HTTP/1.1\r\nHost: %s\r\nContent-Length: 1\r\n\r\nx"},
    {405, "POST /api/about HTTP/1.1\r\nHost: %s\r\nContent-Length: 1\r\n\r\nx"},
    {405, "DELETE /api/about HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "POST /api/search HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n"},
    {400, "POST /api/search?text=a HTTP/1.1\r\nHost: %s\r\nContent-Length: 1\r\n\r\nx"},
    {413, "POST /api/search HTTP/1.1\r\nHost: %s\r\nContent-Length: 99999999\r\n\r\nx"},
    {404, "GET /../../etc/passwd HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {404, "GET /%%2e%%2e/manifest.tsv HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {404, "GET /api/search/x?text=a HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /picture/../manifest.tsv HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /picture/-1 HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /picture/1?c=1 HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {404, "GET /picture/60 HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {404, "GET /api/case?id=nobody HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {404, "GET /api/search?id=nobody HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/case?text=a HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=a&id=b HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=a&find=both HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=a&page=0 HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=cyst&radius=65 HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=zzgrommet HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {405, "OPTIONS /api/search?text=a HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=a&path=/etc/passwd HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=%%00 HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=%%e4%%bd HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text=a%%4 HTTP/1.1\r\nHost: %s\r\n\r\n"},
    {400, "GET /api/search?text HTTP/1.1\r\nHost: %s\r\n\r\n"},
};

Test(serve, a_refusal_says_what_was_expected) {
    Serving s = serving_start("");
    static const char *const wrong[][2] = {
        {"GET /api/search?text=a&radius=-1", "radius is '-1'; a whole number from 0 to 64 was expected"},
        {"GET /api/search?text=a&radius=65", "radius is '65'; a whole number from 0 to 64 was expected"},
        {"GET /api/search?text=a&radius=9999", "radius is '9999'; a whole number from 0 to 64 was expected"},
        {"GET /api/search?text=a&radius=1x", "radius is '1x'; a whole number from 0 to 64 was expected"},
        {"POST /api/search?text=a", "the body holds no picture; POST a picture file, or ask by GET"},
        {"POST /api/search", "the body holds no picture; POST a picture file, or ask by GET"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Answered a = serving_send(&s, "%s HTTP/1.1\r\nHost: %s\r\n\r\n", wrong[i][0], s.host);
        cr_assert_eq(a.code, 400, "%d: %s", a.code, wrong[i][0]);
        cr_assert_not_null(strstr(a.body, wrong[i][1]), "%s: %s", wrong[i][0], a.body);
        answered_free(&a);
    }
    json_decref(ask_json(&s, 200, "/api/search?text=cyst&radius=64"));
    serving_stop(&s, SIGTERM, 0);
}

/* RFC 9110, 9.3.2: the status and the headers of GET, the length of its body among them, and no body. */
Test(serve, head_is_answered_as_get_without_the_body) {
    Serving s = serving_start("");
    static const char *const target[] = {"/",
                                         "/page.js",
                                         "/api/about",
                                         "/api/case?id=case0007",
                                         "/thumb/1",
                                         "/picture/1",
                                         "/api/search?text=cyst",
                                         "/api/search",
                                         "/nowhere"};
    for (size_t i = 0; i < sizeof target / sizeof *target; i++) {
        Answered get = serving_get(&s, target[i]),
                 head = serving_send(&s, "HEAD %s HTTP/1.1\r\nHost: %s\r\n\r\n", target[i], s.host);
        char length[64];
        snprintf(length, sizeof length, "Content-Length: %zu", get.size);
        cr_assert_eq(head.code, get.code, "%s: %d", target[i], head.code);
        cr_assert_eq(head.size, 0, "%s: %s", target[i], head.body);
        cr_assert_not_null(strstr(head.head, length), "%s: %s", target[i], head.head);
        cr_assert_null(strstr(strstr(head.head, length) + 1, "Content-Length"), "%s", head.head);
        cr_assert_not_null(strstr(head.head, "Cache-Control: no-store"), "%s", head.head);
        answered_free(&get);
        answered_free(&head);
    }
    int fd = serving_connect(&s); /* an open connection: the next answer begins where the head ends */
    char in[1 << 16];
    size_t got = 0;
    for (int i = 0; i < 2; i++) {
        char request[128];
        int n = snprintf(request, sizeof request, "HEAD /api/about HTTP/1.1\r\nHost: %s\r\n%s\r\n", s.host,
                         i ? "Connection: close\r\n" : "");
        cr_assert_eq(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
    }
    for (ssize_t n; (n = read(fd, in + got, sizeof in - 1 - got)) > 0;) got += (size_t)n;
    close(fd);
    in[got] = 0;
    const char *second = strstr(in, "\r\n\r\n");
    cr_assert_not_null(second, "%s", in);
    cr_assert_eq(strncmp(second + 4, "HTTP/1.1 200", 12), 0, "%s", in);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, whoever_asks_wrongly_is_refused) {
    Serving s = serving_start("");
    for (size_t i = 0; i < sizeof REFUSALS / sizeof *REFUSALS; i++) {
        Answered a = serving_send(&s, REFUSALS[i].request, s.host);
        cr_assert_eq(a.code, REFUSALS[i].code, "%d: %s%s", a.code, REFUSALS[i].request, a.body);
        cr_assert_null(strstr(a.body, "root:"));
        /* libevent 2.1 refuses what is too large itself, with a page of its own */
        cr_assert(a.code == 413 || strncmp(a.body, "{\"error\":\"", 10) == 0, "%s%s", REFUSALS[i].request,
                  a.body);
        answered_free(&a);
    }
    json_decref(ask_json(&s, 200, "/api/search?text=cyst"));
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, requests_beyond_the_bounds_are_refused) {
    Serving s = serving_start("");
    Buffer b = {0};
    Answered a;
    buffer_printf(&b, "GET /api/search?text=");
    for (int i = 0; i < 5000; i++) buffer_printf(&b, "cyst+");
    buffer_printf(&b, " HTTP/1.1\r\nHost: %s\r\n\r\n", s.host);
    a = serving_send(&s, "%s", buffer_text(&b));
    cr_assert(a.code == 400 || a.code == 413, "%d", a.code);
    answered_free(&a);
    buffer_free(&b);
    a = serving_send(&s, "\x16\x03\x01 this is no HTTP\r\n\r\n");
    cr_assert(a.code == 400 || a.code == 501 || a.code == 0, "%d", a.code);
    answered_free(&a);
    json_decref(ask_json(&s, 200, "/api/search?text=cyst"));
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, a_token_is_wanted_of_everyone_and_other_machines_need_one) {
    expect_msach(2, "add --token", "serve --index nowhere.idx --listen 0.0.0.0");
    expect_msach(2, "--listen 127.bogus.invalid: ", "serve --index nowhere.idx --listen 127.bogus.invalid");
    Serving s = serving_start("--token --listen 0.0.0.0 --host wards.example");
    cr_assert_eq(strlen(s.token), 64);
    json_decref(ask_json(&s, 401, "/api/about"));
    json_decref(ask_json(&s, 401, "/thumb/1"));
    static const struct {
        int code;
        const char *header;
        char flip;
    } given[] = {{200, "Authorization: Bearer ", 0},
                 {401, "Authorization: Bearer ", 1},
                 {200, "Cookie: a=b; msach=", 0},
                 {401, "Cookie: msach=", 1},
                 {401, "Cookie: xmsach=", 0}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        char token[80];
        snprintf(token, sizeof token, "%s", s.token);
        if (given[i].flip) token[63] = token[63] == '0' ? '1' : '0';
        Answered a = serving_send(&s, "GET /api/about HTTP/1.1\r\nHost: wards.example:%d\r\n%s%s\r\n\r\n",
                                  s.port, given[i].header, token);
        cr_assert_eq(a.code, given[i].code, "%s: %d", given[i].header, a.code);
        answered_free(&a);
    }
    Answered a = serving_send(&s, "GET /?token=%s HTTP/1.1\r\nHost: %s\r\n\r\n", s.token, s.host);
    cr_assert_eq(a.code, 303);
    cr_assert_not_null(strstr(a.head, "HttpOnly; SameSite=Strict"));
    answered_free(&a);
    char *log = serving_log(&s);
    cr_assert_not_null(strstr(log, "patient data"), "%s", log);
    free(log);
    serving_stop(&s, SIGTERM, 0);
}

/* ---- Bounds on time and number ---- */

Test(serve, a_slow_client_blocks_nobody_and_is_closed) {
    Serving s = serving_start("--timeout 1");
    char drop[1];
    int slow = serving_connect(&s);
    cr_assert_eq(send(slow, "GET /api/ab", 11, MSG_NOSIGNAL), 11);
    json_decref(ask_json(&s, 200, "/api/search?text=cyst"));
    for (int i = 0; i < 40 && send(slow, "o", 1, MSG_NOSIGNAL) == 1; i++)
        usleep(100000); /* never idle, and late all the same */
    cr_assert_leq(read(slow, drop, 1), 0);
    close(slow);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, more_connections_than_it_holds_wait_and_the_idle_ones_are_closed) {
    enum { MANY = 400 };
    Serving s = serving_start("--timeout 1");
    int fd[MANY];
    for (int i = 0; i < MANY; i++) fd[i] = serving_connect(&s);
    json_decref(ask_json(&s, 200, "/api/search?text=cyst"));
    for (int i = 0; i < MANY; i++) close(fd[i]);
    serving_stop(&s, SIGTERM, 0);
}

#if !UNDER_TSAN /* under which every reply takes as long */
/* Asks on an open connection; the seconds until the whole reply is there. */
static double time_reply(int fd, const char *request, size_t least) {
    static char in[1 << 18];
    size_t got = 0, wanted = 0;
    double begun = log_clock();
    cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    while (!wanted || got < wanted) {
        ssize_t n = read(fd, in + got, sizeof in - 1 - got);
        cr_assert_gt(n, 0);
        got += (size_t)n;
        in[got] = 0;
        const char *body = strstr(in, "\r\n\r\n"), *length = strstr(in, "Content-Length: ");
        if (body && length) wanted = (size_t)(body + 4 - in) + strtoul(length + 16, NULL, 10);
    }
    cr_assert_gt(got, least, "%zu bytes", got);
    return log_clock() - begun;
}

/* A reply of two writes (libevent's are of 16 KiB) whose second waits for the client's confirmation of the first takes 40 ms. */
Test(serve, a_long_reply_on_an_open_connection_does_not_wait_for_the_client) {
    Serving s = serving_start("");
    char request[256];
    int late = 0;
    snprintf(request, sizeof request, "GET /api/search?text=cyst&per_group=0 HTTP/1.1\r\nHost: %s\r\n\r\n",
             s.host);
    int fd = serving_connect(&s);
    for (int i = 0; i < 60; i++) late += time_reply(fd, request, 16384) > 0.03;
    close(fd);
    cr_assert_lt(late, 20, "%d of 60 took more than 30 ms", late);
    serving_stop(&s, SIGTERM, 0);
}
#endif

/* ---- Signals ---- */

typedef struct {
    const Serving *serving;
    const char *target;
    atomic_int stop;
    int answered, failed;
} Client;

static void *ask_on(void *arg) {
    Client *c = arg;
    while (!c->stop) {
        Answered a = serving_get(c->serving, c->target);
        if (a.code == 200)
            c->answered++;
        else
            c->failed++;
        answered_free(&a);
    }
    return NULL;
}

static void wait_for_cases(const Serving *s, int cases) {
    for (int i = 0; i < 100; i++) {
        json_t *j = ask_json(s, 200, "/api/search?text=cyst");
        bool there = json_integer_value(json_object_get(j, "cases")) == cases;
        json_decref(j);
        if (there) return;
        usleep(50000);
    }
    cr_assert_fail("the index does not have %d cases", cases);
}

/* Cases that pass a filter. */
static long passed(const Serving *s, const char *filter) {
    char target[256];
    snprintf(target, sizeof target, "/api/search?id=case0007&%s", filter);
    json_t *j = ask_json(s, 200, target);
    long n = (long)json_integer_value(json_object_get(j, "passed"));
    json_decref(j);
    return n;
}

/* Filters are kept: the same one gives the same answer, also after others took its place and after a new index. */
Test(serve, kept_filters_are_those_that_were_asked) {
    Serving s = serving_start("--threads 1");
    char filter[64];
    long cysts = passed(&s, "label=cyst"), stones = passed(&s, "label=stone");
    cr_assert_eq(passed(&s, "words=-zzz0"), 60);
    cr_assert_neq(cysts, stones);
    cr_assert_eq(passed(&s, "words=zzz0"), 0);
    /* words that look like words and a label */
    cr_assert_neq(passed(&s, "words=-zzz0%0Acyst"), cysts);
    cr_assert_eq(passed(&s, "words=-zzz0&label=cyst"), cysts);
    for (int i = 0; i < 20; i++) {
        snprintf(filter, sizeof filter, "words=-zzz%d", i % 10);
        cr_assert_eq(passed(&s, filter), 60);
        cr_assert_eq(passed(&s, i % 2 ? "label=cyst" : "label=stone"), i % 2 ? cysts : stones);
    }
    for (int i = 0; i < 2; i++) {
        json_t *j = ask_json(&s, 200, "/api/search?id=case0007&words=zzz0");
        cr_assert_eq(json_array_size(json_object_get(j, "notes")), 1, "the warning is kept too");
        json_decref(j);
    }
    expect_msach(0, NULL, "index -q --delete case0001 case0002 --out %s", s.index);
    kill(s.pid, SIGHUP);
    wait_for_cases(&s, 58);
    cr_assert_eq(passed(&s, "words=-zzz0"), 58);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, a_new_index_is_read_without_losing_a_request) {
    Serving s = serving_start("");
    pthread_t thread[4];
    Client client[4];
    for (int i = 0; i < 4; i++) {
        client[i] = (Client){.serving = &s, .target = "/api/search?text=anechoic+cyst"};
        cr_assert_eq(pthread_create(&thread[i], NULL, ask_on, &client[i]), 0);
    }
    expect_msach(0, NULL, "index -q --delete case0001 case0002 --out %s", s.index);
    kill(s.pid, SIGHUP);
    wait_for_cases(&s, 58);
    cr_assert_eq(rename(fixture_text("other.idx", "no index"), s.index), 0);
    kill(s.pid, SIGHUP);
    usleep(200000);
    wait_for_cases(&s, 58);
    for (int i = 0; i < 4; i++) {
        client[i].stop = 1;
        pthread_join(thread[i], NULL);
        cr_assert_eq(client[i].failed, 0);
        cr_assert_gt(client[i].answered, 0);
    }
    char *log = serving_log(&s);
    cr_assert_not_null(strstr(log, "is not read again"), "%s", log);
    free(log);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve, ctrl_c_ends_it_with_130_and_nothing_of_a_report_is_logged) {
    Serving s = serving_start("");
    json_decref(ask_json(&s, 200, "/api/search?text=zebrafish+cyst"));
    json_decref(ask_json(&s, 404, "/api/search?id=zebrafish"));
    char *log = serving_log(&s);
    cr_assert_null(strstr(log, "zebrafish"), "%s", log);
    cr_assert_null(strstr(log, "case0"), "%s", log);
    free(log);
    serving_stop(&s, SIGINT, 130);
}

/* ---- Load: MSACH_LOAD_S=60 MSACH_LOAD_CLIENTS=64 for the long one ---- */

static int number_of(const char *name, int standard) {
    const char *value = getenv(name);
    return value ? atoi(value) : standard;
}

static void nap(int ms) {
    for (; ms > 0; ms -= 100) usleep(100000);
}

/* Resident memory in KiB, or 0 where the system does not say. */
static long resident(pid_t pid) {
    char path[64];
    long total, pages = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2) pages = 0;
    if (f) fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* An address sanitizer keeps up to 256 MiB of freed memory: a server that this test starts keeps none. */
static void keep_nothing_freed(void) {
    const char *given = getenv("ASAN_OPTIONS");
    char options[1000];
    snprintf(options, sizeof options, "%s:quarantine_size_mb=0:thread_local_quarantine_size_kb=0",
             given ? given : "");
    cr_assert_eq(setenv("ASAN_OPTIONS", options, 1), 0);
}

Test(serve, many_clients_at_once_lose_nothing_and_memory_stays_flat, .timeout = 200) {
    enum { MOST = 64 };
    static const char *const targets[] = {"/api/search?text=anechoic+cyst", "/api/search?id=case0007",
                                          "/thumb/5", "/api/search?text=nodule&label=cyst&page=1"};
    int clients = number_of("MSACH_LOAD_CLIENTS", MOST), seconds = number_of("MSACH_LOAD_S", 2);
    keep_nothing_freed();
    Serving s = serving_start("");
    pthread_t thread[MOST];
    Client client[MOST];
    int answered = 0, failed = 0;
    for (int i = 0; i < clients; i++) {
        client[i] = (Client){.serving = &s, .target = targets[i % 4]};
        cr_assert_eq(pthread_create(&thread[i], NULL, ask_on, &client[i]), 0);
    }
    nap(500 * seconds);
    long before = resident(s.pid);
    nap(500 * seconds);
    long after = resident(s.pid);
    for (int i = 0; i < clients; i++) client[i].stop = 1;
    for (int i = 0; i < clients; i++) {
        pthread_join(thread[i], NULL);
        answered += client[i].answered;
        failed += client[i].failed;
    }
    cr_log_info("%d clients, %d s: %d answers, %ld then %ld KiB", clients, seconds, answered, before, after);
    cr_assert_eq(failed, 0, "%d of %d", failed, answered);
    cr_assert_gt(answered, clients);
    cr_assert_leq(after, before + before / 4 + 4096);
    serving_stop(&s, SIGTERM, 0);
}
