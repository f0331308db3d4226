/* Two bounds that evhttp of libevent 2.1 lacks: how many connections are open, and how long a whole request or reply may take. Its own timeout
 * counts from the last byte, so that a client of one byte every few seconds would stay for ever. */
#ifndef CMD_SERVE_CONNECTIONS_H
#define CMD_SERVE_CONNECTIONS_H

#include <event2/event.h>
#include <event2/http.h>

#include "nn/base/error.h"

enum { CONNECTIONS_MOST = 256 };

typedef struct Connections Connections;

/* Watches every connection of `bound`: a new one has `seconds` for its first request; further ones wait while CONNECTIONS_MOST are open. connections_free after the server's end. */
Status connections_watch(Connections **out, struct event_base *base, struct evhttp *http,
                         struct evhttp_bound_socket *bound, int seconds, Error *err);
void connections_free(Connections *c);

/* Before the server closes `bound`: no new connections from now on. */
void connections_stop(Connections *c);

/* The connection of this request has so many seconds from now on, or is closed. */
void connections_allow(Connections *c, struct evhttp_request *request, int seconds);

#endif
