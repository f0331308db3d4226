#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/serve/server.h"
#include "cmd/verbs.h"
#include "nn/base/alloc.h"
#include "nn/base/sys.h"

static const Option OPTIONS[] = {
    {"index", 'x', "FILE.idx", NULL, "the archive to search", NEEDED},
    {"model", 'm', "FILE", NULL,
     "the model, or the run, that made the index; without it only cases and filters can be asked", PLAIN},
    {"port", 'p', "N", "8765", "the port; 0: any free one", PLAIN},
    {"listen", 0, "ADDRESS", "127.0.0.1",
     "the address to listen at; one that other machines reach requires --token", PLAIN},
    {"token", 0, NULL, NULL, "answer only who knows a random token, which the printed address holds", PLAIN},
    {"host", 0, "NAME...", NULL, "names of this machine that browsers may use beside addresses and localhost",
     MANY},
    {"timeout", 0, "S", "30", "seconds for a whole request, and twice as many for its answer", PLAIN},
    OPTION_THREADS,
    OPTION_LAST};

static bool is_loopback(const struct sockaddr *a) {
    static const struct in6_addr six = IN6ADDR_LOOPBACK_INIT;
    if (a->sa_family == AF_INET6)
        return memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, &six, sizeof six) == 0;
    return a->sa_family == AF_INET &&
           ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
}

/* SERVER_TOKEN digits of 32 random bytes. */
static Status make_token(char token[SERVER_TOKEN + 1], Error *err) {
    unsigned char bytes[SERVER_TOKEN / 2];
    FILE *f = sys_fopen("/dev/urandom");
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f) fclose(f);
    if (n < sizeof bytes) return error_from_errno(err, "/dev/urandom", "read");
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return STATUS_OK;
}

/* The address to open, on stdout: a script reads it. */
static void print_address(const ServerOptions *o, int port) {
    bool six = strchr(o->listen, ':') != NULL;
    printf("http://%s%s%s:%d/%s%s\n", six ? "[" : "", o->listen, six ? "]" : "", port,
           o->token ? "?token=" : "", o->token ? o->token : "");
    fflush(stdout);
}

static Status check_listen(const Args *a, const char *address, Error *err) {
    const struct addrinfo wanted = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool loopback = true;
    int code = getaddrinfo(address, NULL, &wanted, &found);
    if (code != 0)
        return args_wrong(a, err,
                          "--listen %s: %s; an address or a name of this machine was expected, such as "
                          "127.0.0.1, ::1 or 0.0.0.0",
                          address, gai_strerror(code));
    for (const struct addrinfo *one = found; one; one = one->ai_next) loopback &= is_loopback(one->ai_addr);
    freeaddrinfo(found);
    if (loopback) return STATUS_OK;
    if (!args_has(a, "token"))
        return args_wrong(a, err, "--listen %s lets other machines read every report; add --token", address);
    log_warn(&a->log, "other machines can reach this page: whoever has the token reads every report and "
                      "picture, which are patient "
                      "data, and the network sees them unencrypted");
    return STATUS_OK;
}

/* token: where the one of o stands, if it has one. */
static Status serve(Args *a, ServerOptions *o, char token[SERVER_TOKEN + 1], Error *err) {
    int ended_by = 0;
    long port, timeout;
    TRY(args_int(a, "port", 0, 65535, &port, err));
    TRY(args_int(a, "timeout", 1, 3600, &timeout, err));
    TRY(check_listen(a, o->listen, err));
    if (args_has(a, "token")) {
        TRY(make_token(token, err));
        o->token = token;
    }
    TRY(args_pool(a, err));
    o->port = (int)port;
    o->timeout = (int)timeout;
    o->work.threads = pool_threads(a->pool);
    TRY(server_run(o, print_address, &ended_by, err));
    log_line(&a->log, "stopped");
    if (ended_by == SIGINT) cmd_stop = SIGINT;
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    const char **hosts;
    char token[SERVER_TOKEN + 1];
    int n;
    TRY(args_list(a, "host", &hosts, &n, err));
    ServerOptions o = {.work = {.model = args_get(a, "model"), .index = args_get(a, "index"), .log = &a->log},
                       .listen = args_get(a, "listen"),
                       .hosts = hosts,
                       .n_hosts = n};
    Status s = serve(a, &o, token, err);
    mem_free(hosts);
    return s;
}

const Verb VERB_SERVE = {
    "serve",
    "serve a search page to browsers on this machine",
    "msach serve --model runs/first --index phantoms.idx",
    NULL,
    OPTIONS,
    run,
    "Prints the address of the page and serves it until Ctrl-C. SIGHUP reads the index file again.\n"
    "/api/search answers programs: ?text=, ?id= or a picture as the body of a POST; cmd/serve/README.md.",
    STOP_ITSELF};
