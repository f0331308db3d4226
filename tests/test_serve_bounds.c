/* `msach serve` at the bounds of cmd/LIMITS.md and one past them. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/serving.h"

enum { HEADERS = 64, HEAD = 16 << 10, BODY = 16 << 20, CONNECTIONS = 256 };

/* The code of a request with n headers; with a first line and headers of n bytes, their ends not counted. */
static int code_of_headers(const Serving *s, size_t n) {
    Buffer b = {0};
    buffer_printf(&b, "GET /api/about HTTP/1.1\r\nHost: %s\r\n", s->host);
    for (size_t i = 2; i < n; i++) buffer_printf(&b, "X-%zu: 1\r\n", i);
    Answered a = serving_send(s, "%s\r\n", buffer_text(&b));
    int code = a.code;
    answered_free(&a);
    buffer_free(&b);
    return code;
}

static int code_of_head(const Serving *s, size_t n) {
    size_t others = strlen("GET /api/about HTTP/1.1"
                           "Connection: close"
                           "Host: "
                           "X: ") +
                    strlen(s->host);
    Answered a = serving_send(s, "GET /api/about HTTP/1.1\r\nHost: %s\r\nX: %0*d\r\n\r\n", s->host,
                              (int)(n - others), 0);
    int code = a.code;
    answered_free(&a);
    return code;
}

Test(serve_bounds, each_bound_of_a_request_holds_and_one_past_it_is_refused) {
    Serving s = serving_start("");
    const char *body = fixture_text("body", "no picture");
    cr_assert_eq(code_of_headers(&s, HEADERS), 200);
    cr_assert_eq(code_of_headers(&s, HEADERS + 1), 431);
    cr_assert_eq(code_of_head(&s, HEAD), 200);
    int code = code_of_head(&s, HEAD + 1);
    cr_assert(code == 400 || code == 413, "%d", code); /* by the version of libevent */
    cr_assert_eq(truncate(body, BODY), 0);
    Answered a = serving_post_file(&s, "/api/search", body);
    cr_assert_eq(a.code, 400, "%d: %s", a.code, a.body);
    answered_free(&a);
    a = serving_send(&s, "POST /api/search HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", s.host,
                     BODY + 1);
    cr_assert_eq(a.code, 413, "%d: %s", a.code, a.body);
    answered_free(&a);
    serving_stop(&s, SIGTERM, 0);
}

Test(serve_bounds, the_last_connection_is_answered_and_one_more_waits_for_a_place) {
    Serving s = serving_start("--timeout 60");
    int fd[CONNECTIONS + 1];
    char line[100];
    for (int i = 0; i < CONNECTIONS - 1; i++) fd[i] = serving_connect(&s);
    cr_assert_eq(code_of_headers(&s, HEADERS), 200);
    for (int i = CONNECTIONS - 1; i <= CONNECTIONS; i++) fd[i] = serving_connect(&s);
    struct pollfd answer = {.fd = fd[CONNECTIONS], .events = POLLIN};
    int n = snprintf(line, sizeof line, "GET /api/about HTTP/1.1\r\nHost: %s\r\n\r\n", s.host);
    cr_assert_eq(send(answer.fd, line, (size_t)n, MSG_NOSIGNAL), n);
    cr_assert_eq(poll(&answer, 1, 2500), 0); /* the server counts its connections every second */
    close(fd[0]);
    cr_assert_eq(poll(&answer, 1, 60000), 1);
    for (int i = 1; i <= CONNECTIONS; i++) close(fd[i]);
    serving_stop(&s, SIGTERM, 0);
}
