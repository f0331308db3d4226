/* The HTTP side: which requests are let in, and how they become jobs. One thread runs it; workers search. */
#ifndef CMD_SERVE_SERVER_H
#define CMD_SERVE_SERVER_H

#include <stdbool.h>

#include "cmd/serve/work.h"

enum {
    SERVER_BODY = 16 << 20, /* most bytes of a request's body: a picture */
    SERVER_HEAD = 16 << 10, /* of its first line and headers */
    SERVER_HEADERS = 64,    /* most headers */
    SERVER_TOKEN = 64       /* hexadecimal digits */
};

/* listen: an address; port 0: any free one. hosts (n_hosts): names for the Host header beside addresses and localhost. token: SERVER_TOKEN digits, or NULL. timeout: seconds for a whole request, its first byte included,
 * and twice as many for the answer and its sending. */
typedef struct {
    WorkOptions work; /* done and ctx are set by server_run */
    const char *listen;
    int port;
    const char *const *hosts;
    int n_hosts;
    int timeout;
    const char *token;
} ServerOptions;

/* Opens everything, calls ready(port) and serves until SIGINT or SIGTERM: *ended_by. SIGHUP: the index is read again. */
Status server_run(const ServerOptions *o, void (*ready)(const ServerOptions *o, int port), int *ended_by,
                  Error *err);

/* Whether a Host header names this server: an address, localhost or one of the given names, with the port, or without where it is 80. A page of another
 * site whose name leads here (DNS rebinding) has its own name in Host. */
bool server_host_is_ours(const ServerOptions *o, int port, const char *host);

#endif
