#include "cmd/serve/server.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/thread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "cmd/serve/connections.h"
#include "cmd/serve/page.h"
#include "nn/base/alloc.h"

enum { HTTP_MOVED = 303, FORBIDDEN = 403, TOO_MANY_HEADERS = 431 };

typedef struct {
    const ServerOptions *options;
    int port;
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    Connections *connections;
    Workers *workers;
    struct event *done, *signals[3];
    int in_work; /* jobs that the workers have */
    int ended_by;
} Server;

typedef struct evhttp_request Request;

/* ---- Replies ---- */

static const char *reason(int code) {
    static const struct {
        int code;
        const char *text;
    } known[] = {{200, "OK"},
                 {303, "See Other"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {410, "Gone"},
                 {431, "Request Header Fields Too Large"},
                 {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code) return known[i].text;
    return "Internal Server Error";
}

/* The page runs its own script and shows its own pictures, and nothing else; nobody frames it, keeps it or learns where it leads. */
static const char *const HEADERS[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cache-Control", "no-store"}};

/* The connection of a whole reply has time for its next request. */
static void sent(Request *r, void *ctx) {
    Server *s = ctx;
    connections_allow(s->connections, r, s->options->timeout);
}

/* HEAD: the headers of GET, with the length of its body, and no body (RFC 9110, 9.3.2). */
static void reply(Server *s, Request *r, int code, const char *type, const void *data, size_t size) {
    struct evkeyvalq *headers = evhttp_request_get_output_headers(r);
    bool head = evhttp_request_get_command(r) == EVHTTP_REQ_HEAD;
    struct evbuffer *body = head ? NULL : evbuffer_new();
    char length[24];
    snprintf(length, sizeof length, "%zu", size);
    if (head) evhttp_add_header(headers, "Content-Length", length);
    evhttp_add_header(headers, "Content-Type", type);
    for (size_t i = 0; i < sizeof HEADERS / sizeof *HEADERS; i++)
        evhttp_add_header(headers, HEADERS[i][0], HEADERS[i][1]);
    if (code == HTTP_BUSY) evhttp_add_header(headers, "Retry-After", "1");
    if (code == HTTP_BADMETHOD) evhttp_add_header(headers, "Allow", "GET, HEAD, POST");
    if (body) evbuffer_add(body, data, size);
    evhttp_request_set_on_complete_cb(r, sent, s);
    connections_allow(s->connections, r, 2 * s->options->timeout);
    evhttp_send_reply(r, code, reason(code), body);
    if (body) evbuffer_free(body);
}

static void reply_job(Server *s, Request *r, const Job *job) {
    static const char lost[] = "{\"error\":\"out of memory\"}\n"; /* where there was none for the reason */
    bool failed = job->out.failed;
    reply(s, r, job->code, job->type, failed ? lost : (const char *)job->out.data,
          failed ? sizeof lost - 1 : job->out.size);
}

static void refuse(Server *s, Request *r, int code, const char *why) {
    Job answer = {0};
    job_fail(&answer, code, why);
    reply_job(s, r, &answer);
    buffer_free(&answer.out);
}

/* ---- Who may ask ---- */

static bool is_address(const char *text) {
    struct in6_addr address;
    size_t n = strlen(text);
    char inner[64];
    if (inet_pton(AF_INET, text, &address) == 1) return true;
    if (n < 3 || n >= sizeof inner || text[0] != '[' || text[n - 1] != ']') return false;
    snprintf(inner, sizeof inner, "%.*s", (int)n - 2, text + 1);
    return inet_pton(AF_INET6, inner, &address) == 1;
}

bool server_host_is_ours(const ServerOptions *o, int port, const char *host) {
    char name[256], expected[16];
    const char *colon = strrchr(host, ':');
    if (colon && strchr(colon, ']')) colon = NULL; /* within [::1] */
    size_t n = colon ? (size_t)(colon - host) : strlen(host);
    snprintf(expected, sizeof expected, ":%d", port);
    if (n >= sizeof name) return false;
    snprintf(name, sizeof name, "%.*s", (int)n, host);
    for (int i = 0; i < o->n_hosts; i++)
        if (strcasecmp(o->hosts[i], name) == 0 || strcasecmp(o->hosts[i], host) == 0) return true;
    if (colon ? strcmp(colon, expected) != 0 : port != 80) return false;
    return strcasecmp(name, "localhost") == 0 || is_address(name);
}

static const char *header(Request *r, const char *name) {
    return evhttp_find_header(evhttp_request_get_input_headers(r), name);
}

/* How many headers a request has; hosts: how many of them are Host. */
static int count_headers(Request *r, int *hosts) {
    int n = 0;
    struct evkeyval *h;
    *hosts = 0;
    for (h = evhttp_request_get_input_headers(r)->tqh_first; h; h = h->next.tqe_next, n++)
        *hosts += strcasecmp(h->key, "Host") == 0;
    return n;
}

/* A browser names the site of the page that asks; other programs name none. */
static bool same_site(Request *r) {
    const char *origin = header(r, "Origin"), *site = header(r, "Sec-Fetch-Site"), *host = header(r, "Host");
    const char *rest = origin ? strstr(origin, "://") : NULL;
    if (origin && (!rest || strcasecmp(rest + 3, host) != 0)) return false;
    return !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

/* In the same time for any wrong token. */
static bool same_token(const char *token, const char *given) {
    unsigned char difference = 0;
    if (strlen(given) < SERVER_TOKEN) return false;
    for (int i = 0; i < SERVER_TOKEN; i++) difference |= (unsigned char)(token[i] ^ given[i]);
    return difference == 0;
}

static const char COOKIE[] = "msach=";

static bool has_token(const Server *s, Request *r) {
    const char *token = s->options->token, *bearer = header(r, "Authorization"),
               *cookie = header(r, "Cookie");
    if (!token) return true;
    if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0) return same_token(token, bearer + 7);
    while (cookie && *cookie) {
        if (strncmp(cookie, COOKIE, sizeof COOKIE - 1) == 0 && same_token(token, cookie + sizeof COOKIE - 1))
            return true;
        cookie = strchr(cookie, ';');
        while (cookie && (*cookie == ';' || *cookie == ' ')) cookie++;
    }
    return false;
}

/* GET, or HEAD, which is answered as GET is. */
static bool is_get(Request *r) {
    enum evhttp_cmd_type method = evhttp_request_get_command(r);
    return method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD;
}

/* NULL, or why the request is refused, with *code. */
static const char *refusal(const Server *s, Request *r, int *code) {
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r);
    enum evhttp_cmd_type method = evhttp_request_get_command(r);
    int hosts;
    *code = HTTP_BADMETHOD;
    if (!is_get(r) && method != EVHTTP_REQ_POST) return "GET, HEAD or POST was expected";
    *code = HTTP_BADREQUEST;
    if (count_headers(r, &hosts) > SERVER_HEADERS) return *code = TOO_MANY_HEADERS, "too many headers";
    if (hosts != 1 || !uri || evhttp_uri_get_host(uri) || !evhttp_uri_get_path(uri))
        return "a path and one Host header were expected";
    *code = FORBIDDEN;
    if (!server_host_is_ours(s->options, s->port, header(r, "Host")))
        return "the Host header names another server; use the address that msach printed, or start msach "
               "with --host NAME";
    return NULL;
}

/* ---- The page's own files ---- */

/* "?token=..." becomes a cookie, so that the address bar loses it. */
static void take_token(Server *s, Request *r, const char *given) {
    char cookie[SERVER_TOKEN + 64];
    struct evkeyvalq *headers = evhttp_request_get_output_headers(r);
    if (!s->options->token || !same_token(s->options->token, given)) {
        refuse(s, r, 401, "the token is wrong; open the address that msach printed when it started");
        return;
    }
    snprintf(cookie, sizeof cookie, "%s%s; HttpOnly; SameSite=Strict; Path=/", COOKIE, s->options->token);
    evhttp_add_header(headers, "Set-Cookie", cookie);
    evhttp_add_header(headers, "Location", "/");
    reply(s, r, HTTP_MOVED, "text/plain", "", 0);
}

/* Whether the path was one of them. They hold no data, so that they need no token. */
static bool reply_page(Server *s, Request *r, const char *path, const char *query) {
    for (const PageFile *f = PAGE_FILES; f->path; f++) {
        if (strcmp(f->path, path) != 0) continue;
        if (query && strncmp(query, "token=", 6) == 0)
            take_token(s, r, query + 6);
        else
            reply(s, r, HTTP_OK, f->type, f->data, f->size);
        return true;
    }
    return false;
}

/* ---- Jobs ---- */

static bool read_body(Request *r, Job *job) {
    struct evbuffer *in = evhttp_request_get_input_buffer(r);
    job->body_size = evbuffer_get_length(in);
    job->body = mem_alloc(job->body_size + 1);
    return job->body && evbuffer_remove(in, job->body, job->body_size) == (int)job->body_size;
}

static Status read_search(Job *job, Request *r, const char *query, Error *err) {
    bool post = evhttp_request_get_command(r) == EVHTTP_REQ_POST;
    if (post && !read_body(r, job)) return mem_error(err, "a picture");
    if (post && !job->body_size)
        return error_set(err, STATUS_USAGE,
                         "the body holds no picture; POST a picture file, or ask by GET with text=, id= or a "
                         "filter");
    return ask_parse(&job->ask, query, post, err);
}

static Status read_case(Job *job, const char *query, Error *err) {
    TRY(ask_parse(&job->ask, query, false, err));
    if (job->ask.query.kind == ASK_ID) return STATUS_OK;
    return error_set(err, STATUS_USAGE, "id=... was expected");
}

/* "12" and "c=0123456789abcdef" or nothing. */
static Status read_row(Job *job, const char *row, const char *query, Error *err) {
    char *end = NULL;
    size_t n = strspn(row, "0123456789");
    job->row = strtoll(row, NULL, 10);
    if (*query) job->check = strtoull(query + 2, &end, 16);
    if (n > 0 && n < 18 && !row[n] &&
        (!*query || (strncmp(query, "c=", 2) == 0 && strlen(query) == 18 && !*end)))
        return STATUS_OK;
    return error_set(err, STATUS_USAGE, "the number of a row was expected");
}

static const struct {
    const char *path; /* that the path is, or that it begins with where it ends in / */
    JobKind kind;
} ROUTES[] = {{"/api/search", JOB_SEARCH},
              {"/api/case", JOB_CASE},
              {"/api/about", JOB_ABOUT},
              {"/thumb/", JOB_THUMB},
              {"/picture/", JOB_PICTURE}};

/* The rest of the path behind the route, or NULL where the path is none. */
static const char *find_route(const char *path, JobKind *kind) {
    for (size_t i = 0; i < sizeof ROUTES / sizeof *ROUTES; i++) {
        size_t n = strlen(ROUTES[i].path);
        *kind = ROUTES[i].kind;
        if (strncmp(path, ROUTES[i].path, n) == 0 && (ROUTES[i].path[n - 1] == '/' || !path[n]))
            return path + n;
    }
    return NULL;
}

static void give(Server *s, Request *r, Job *job) {
    job->request = r;
    connections_allow(s->connections, r, 2 * s->options->timeout);
    if (workers_give(s->workers, job)) {
        s->in_work++;
        return;
    }
    job_free(job);
    refuse(s, r, HTTP_BUSY, "too many questions at once; try again in a second");
}

static void start_job(Server *s, Request *r, const char *path, const char *query) {
    JobKind kind;
    Error err = {0};
    const char *rest = find_route(path, &kind);
    if (!rest) {
        refuse(s, r, HTTP_NOTFOUND, "there is no such page");
        return;
    }
    if (!is_get(r) && kind != JOB_SEARCH) {
        refuse(s, r, HTTP_BADMETHOD, "GET or HEAD was expected");
        return;
    }
    Job *job = mem_calloc(1, sizeof *job);
    Status status = job ? STATUS_OK : mem_error(&err, "a request");
    if (job) job->kind = kind;
    if (job && kind == JOB_SEARCH) status = read_search(job, r, query, &err);
    if (job && kind == JOB_CASE) status = read_case(job, query, &err);
    if (job && kind >= JOB_THUMB) status = read_row(job, rest, query, &err);
    if (status == STATUS_OK) {
        give(s, r, job);
        return;
    }
    job_free(job);
    refuse(s, r, status == STATUS_USAGE ? HTTP_BADREQUEST : HTTP_INTERNAL, err.message);
}

static void handle(Request *r, void *ctx) {
    Server *s = ctx;
    int code;
    const char *why = refusal(s, r, &code);
    if (why) {
        refuse(s, r, code, why);
        return;
    }
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r);
    const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
    if (is_get(r) && reply_page(s, r, path, query)) return;
    if (!same_site(r))
        refuse(s, r, FORBIDDEN, "a page of another site asks");
    else if (!has_token(s, r))
        refuse(s, r, 401, "this server wants a token; open the address that msach printed when it started");
    else
        start_job(s, r, path, query ? query : "");
}

/* ---- Events ---- */

static void wake(void *ctx) {
    event_active(((Server *)ctx)->done, EV_TIMEOUT, 0);
}

static void end(Server *s) {
    const struct timeval last_replies = {.tv_usec = 300000};
    event_base_loopexit(s->base, &last_replies);
}

static void send_done(evutil_socket_t fd, short what, void *ctx) {
    Server *s = ctx;
    (void)fd, (void)what;
    for (Job *job; (job = workers_take(s->workers)); job_free(job)) {
        s->in_work--;
        reply_job(s, job->request, job);
    }
    if (s->ended_by && s->in_work == 0) end(s);
}

static void on_signal(evutil_socket_t number, short what, void *ctx) {
    Server *s = ctx;
    (void)what;
    if (number == SIGHUP) {
        workers_reload(s->workers);
        return;
    }
    if (s->ended_by) event_base_loopbreak(s->base);
    s->ended_by = (int)number;
    connections_stop(s->connections);
    if (s->bound) evhttp_del_accept_socket(s->http, s->bound);
    s->bound = NULL;
    if (s->in_work == 0) end(s);
}

/* ---- All of it ---- */

static Status set_up(Server *s, Error *err) {
    static const int numbers[3] = {SIGINT, SIGTERM, SIGHUP};
    evthread_use_pthreads();
    s->base = event_base_new();
    s->http = s->base ? evhttp_new(s->base) : NULL;
    s->done = s->base ? event_new(s->base, -1, 0, send_done, s) : NULL;
    if (!s->http || !s->done) return mem_error(err, "the server");
    evhttp_set_gencb(s->http, handle, s);
    /* All that it knows: what handle() refuses is answered in JSON, what libevent refuses is not. */
    evhttp_set_allowed_methods(s->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                            EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                                            EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    evhttp_set_max_body_size(s->http, SERVER_BODY);
    evhttp_set_max_headers_size(s->http, SERVER_HEAD);
    evhttp_set_timeout(s->http, s->options->timeout);
    for (int i = 0; i < 3; i++)
        if (!(s->signals[i] = evsignal_new(s->base, numbers[i], on_signal, s)) ||
            event_add(s->signals[i], NULL) != 0)
            return mem_error(err, "the server");
    return STATUS_OK;
}

static int bound_port(struct evhttp_bound_socket *bound) {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } a = {0};
    socklen_t size = sizeof a;
    if (getsockname(evhttp_bound_socket_get_fd(bound), &a.any, &size) != 0) return 0;
    return ntohs(a.any.sa_family == AF_INET6 ? a.six.sin6_port : a.four.sin_port);
}

static Status open_socket(Server *s, Error *err) {
    const ServerOptions *o = s->options;
    s->bound = evhttp_bind_socket_with_handle(s->http, o->listen, (uint16_t)o->port);
    if (!s->bound) {
        char name[128];
        snprintf(name, sizeof name, "%.100s port %d", o->listen, o->port);
        return error_from_errno(err, name, "listen at");
    }
    s->port = bound_port(s->bound);
    return connections_watch(&s->connections, s->base, s->http, s->bound, o->timeout, err);
}

static void tear_down(Server *s) {
    workers_stop(s->workers);
    if (s->http) evhttp_free(s->http);
    for (int i = 0; i < 3; i++)
        if (s->signals[i]) event_free(s->signals[i]);
    if (s->done) event_free(s->done);
    connections_free(s->connections);
    if (s->base) event_base_free(s->base);
    libevent_global_shutdown();
}

Status server_run(const ServerOptions *o, void (*ready)(const ServerOptions *o, int port), int *ended_by,
                  Error *err) {
    Server s = {.options = o};
    WorkOptions work = o->work;
    work.done = wake;
    work.ctx = &s;
    Status status = set_up(&s, err);
    if (status == STATUS_OK) status = workers_start(&s.workers, &work, err);
    if (status == STATUS_OK) status = open_socket(&s, err);
    if (status == STATUS_OK) {
        ready(o, s.port);
        event_base_dispatch(s.base);
    }
    *ended_by = s.ended_by;
    tear_down(&s);
    return status;
}
