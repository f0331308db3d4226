#include "tests/serving.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/fixtures.h"

enum { LOG = 1 << 16 };

char *serving_log(const Serving *s) {
    char *text = calloc(LOG, 1);
    FILE *f = fopen(s->log, "r");
    cr_assert(text && f);
    cr_assert_lt(fread(text, 1, LOG - 1, f), LOG - 1);
    fclose(f);
    return text;
}

/* The port and token of the printed address; 0 while it is not printed. */
static int read_address(Serving *s) {
    char *log = serving_log(s), *at = strstr(log, "http://"), *port = at ? strrchr(at + 7, ':') : NULL,
         *token;
    bool whole = port && strchr(port, '\n');
    s->port = whole ? atoi(port + 1) : 0;
    token = whole ? strstr(port, "?token=") : NULL;
    snprintf(s->token, sizeof s->token, "%.*s", token ? (int)strcspn(token + 7, "\n") : 0,
             token ? token + 7 : "");
    free(log);
    return s->port;
}

/* Waits for the address; false: the program ended with *code before. */
static bool await_address(Serving *s, int *code) {
    for (int i = 0; i < 400 && !read_address(s); i++) {
        if (msach_ended(s->pid, code)) return false;
        usleep(25000);
    }
    char *log = serving_log(s);
    cr_assert_gt(s->port, 0, "%s", log);
    free(log);
    snprintf(s->host, sizeof s->host, "127.0.0.1:%d", s->port);
    return true;
}

void serving_begin(Serving *s, const char *options) {
    int code;
    snprintf(s->log, sizeof s->log, "%s", fixture_path("serve.log"));
    s->pid = start_msach_into(s->log, "serve --model %s --index %s --port 0 %s", s->run, s->index, options);
    if (await_address(s, &code)) return;
    char *log = serving_log(s);
    cr_assert(false, "exit %d\n%s", code, log);
    free(log);
}

bool serving_try(Serving *s, const char *name, const char *value, int *code) {
    snprintf(s->log, sizeof s->log, "%s", fixture_path("serve.log"));
    s->pid = start_faulty_into(s->log, name, value, "serve --model %s --index %s --port 0", s->run, s->index);
    return await_address(s, code);
}

Serving serving_start(const char *options) {
    Serving s = {0};
    TinyRun t = tiny_run("tiny");
    snprintf(s.index, sizeof s.index, "%s", fixture_path("tiny.idx"));
    snprintf(s.run, sizeof s.run, "%s", t.run);
    snprintf(s.images, sizeof s.images, "%s", t.images);
    expect_msach(0, "60 cases", "index --model %s --data %s --out %s", t.run, t.manifest, s.index);
    serving_begin(&s, options);
    return s;
}

void serving_stop(Serving *s, int number, int code) {
    cr_assert_eq(kill(s->pid, number), 0);
    int ended = finish_msach(s->pid);
    char *log = serving_log(s);
    cr_assert_eq(ended, code, "exit %d\n%s", ended, log);
    free(log);
}

/* ---- Requests ---- */

int serving_connect(const Serving *s) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_geq(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void send_all(int fd, const unsigned char *data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t n = send(fd, data + done, size - done, MSG_NOSIGNAL);
        if (n <= 0) return; /* refused in the middle: the answer says why */
        done += (size_t)n;
    }
}

static Answered parse(Buffer *in) {
    Answered a = {0};
    buffer_add(in, "", 1);
    char *text = (char *)in->data, *end = strstr(text, "\r\n\r\n");
    if (!end) end = text + in->size - 1;
    size_t head = (size_t)(end - text), skip = *end ? 4 : 0;
    sscanf(text, "HTTP/1.%*d %d", &a.code);
    a.size = in->size - 1 - head - skip;
    a.head = calloc(head + 1, 1);
    a.body = calloc(a.size + 1, 1);
    memcpy(a.head, text, head);
    memcpy(a.body, end + skip, a.size);
    return a;
}

static Answered exchange(const Serving *s, const unsigned char *data, size_t size) {
    Buffer in = {0};
    unsigned char piece[16384];
    int fd = serving_connect(s);
    send_all(fd, data, size);
    for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;) buffer_add(&in, piece, (size_t)n);
    close(fd);
    Answered a = parse(&in);
    buffer_free(&in);
    return a;
}

void answered_free(Answered *a) {
    free(a->head);
    free(a->body);
    memset(a, 0, sizeof *a);
}

Answered serving_send(const Serving *s, const char *fmt, ...) {
    static const char closing[] = "\r\nConnection: close";
    char *text = malloc(1 << 16);
    va_list args;
    Buffer out = {0};
    va_start(args, fmt);
    vsnprintf(text, 1 << 16, fmt, args);
    va_end(args);
    size_t line = strcspn(text, "\r");
    buffer_add(&out, text, line);
    buffer_add(&out, closing, sizeof closing - 1);
    buffer_add(&out, text + line, strlen(text + line));
    free(text);
    Answered a = exchange(s, out.data, out.size);
    buffer_free(&out);
    return a;
}

Answered serving_get(const Serving *s, const char *target) {
    return serving_send(s, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, s->host);
}

Answered serving_post_file(const Serving *s, const char *target, const char *path) {
    Buffer out = {0};
    unsigned char *data;
    size_t size;
    cr_assert_eq(file_read(path, 1 << 26, &data, &size, NULL), STATUS_OK);
    buffer_printf(&out, "POST %s HTTP/1.1\r\nConnection: close\r\nHost: %s\r\nContent-Length: %zu\r\n\r\n",
                  target, s->host, size);
    buffer_add(&out, data, size);
    Answered a = exchange(s, out.data, out.size);
    buffer_free(&out);
    mem_free(data);
    return a;
}
