#include "cmd/serve/connections.h"

#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "nn/base/alloc.h"
#include "nn/base/log.h"

struct Connections {
    struct evconnlistener *listener;
    struct event *arrived, *every_second;
    struct bufferevent
        *fresh[CONNECTIONS_MOST]; /* (n_fresh) accepted, without a known socket yet; a reference each */
    int n_fresh, open, seconds;
    double *deadline; /* (capacity) by socket; 0: no connection */
    size_t capacity;
};

static void set_deadline(Connections *c, evutil_socket_t fd, int seconds) {
    size_t old = c->capacity;
    if (fd < 0 || !mem_grow(&c->deadline, &c->capacity, (size_t)fd + 1, sizeof *c->deadline)) return;
    if (c->capacity > old) memset(c->deadline + old, 0, (c->capacity - old) * sizeof *c->deadline);
    c->deadline[fd] = log_clock() + seconds;
}

/* evhttp asks for the buffer of a connection before it gives the socket to it. */
static struct bufferevent *accept_one(struct event_base *base, void *ctx) {
    Connections *c = ctx;
    struct bufferevent *b = bufferevent_socket_new(base, -1, 0);
    if (!b) return NULL;
    bufferevent_incref(b);
    c->fresh[c->n_fresh++] = b;
    if (c->open + c->n_fresh >= CONNECTIONS_MOST) evconnlistener_disable(c->listener);
    event_active(c->arrived, EV_TIMEOUT, 0);
    return b;
}

/* Counts what is open and ends what is late. A number that belongs to a file by now has no peer; a shutdown makes evhttp close the socket. */
static void sweep(evutil_socket_t ignored, short what, void *ctx) {
    Connections *c = ctx;
    double now = log_clock();
    (void)ignored, (void)what;
    c->open = 0;
    for (size_t fd = 0; fd < c->capacity; fd++) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        if (c->deadline[fd] <= 0) continue;
        if (getpeername((int)fd, (struct sockaddr *)&peer, &size) != 0) {
            c->deadline[fd] = 0;
            continue;
        }
        c->open++;
        if (now > c->deadline[fd]) shutdown((int)fd, SHUT_RDWR);
    }
    if (c->listener && c->open + c->n_fresh < CONNECTIONS_MOST) evconnlistener_enable(c->listener);
}

/* Runs before any event of the new sockets can. A reply of more than one write must not wait for the client to confirm the first (Nagle), which
 * takes 40 ms. */
static void name_fresh(evutil_socket_t ignored, short what, void *ctx) {
    Connections *c = ctx;
    const int on = 1;
    (void)ignored, (void)what;
    for (int i = 0; i < c->n_fresh; i++) {
        evutil_socket_t fd = bufferevent_getfd(c->fresh[i]);
        if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        set_deadline(c, fd, c->seconds);
        bufferevent_decref(c->fresh[i]);
    }
    c->open += c->n_fresh;
    c->n_fresh = 0;
    if (c->open >= CONNECTIONS_MOST) sweep(-1, 0, c);
}

Status connections_watch(Connections **out, struct event_base *base, struct evhttp *http,
                         struct evhttp_bound_socket *bound, int seconds, Error *err) {
    const struct timeval second = {.tv_sec = 1};
    Connections *c = *out = mem_calloc(1, sizeof *c);
    if (!c) return mem_error(err, "the server");
    c->seconds = seconds;
    c->listener = evhttp_bound_socket_get_listener(bound);
    c->arrived = event_new(base, -1, 0, name_fresh, c);
    c->every_second = event_new(base, -1, EV_PERSIST, sweep, c);
    if (!c->arrived || !c->every_second || event_add(c->every_second, &second) != 0)
        return mem_error(err, "the server");
    evhttp_set_bevcb(http, accept_one, c);
    return STATUS_OK;
}

void connections_free(Connections *c) {
    if (!c) return;
    if (c->arrived) event_free(c->arrived);
    if (c->every_second) event_free(c->every_second);
    mem_free(c->deadline);
    mem_free(c);
}

void connections_stop(Connections *c) {
    if (c) c->listener = NULL;
}

void connections_allow(Connections *c, struct evhttp_request *request, int seconds) {
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    if (connection)
        set_deadline(c, bufferevent_getfd(evhttp_connection_get_bufferevent(connection)), seconds);
}
