#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/config.h"

/* One line of a config file, changed in place. */
static Status read_line(Config *c, char *line, Error *err) {
    char *comment = strchr(line, '#');
    if (comment) *comment = 0;
    while (*line == ' ' || *line == '\t') line++;
    if (line[strspn(line, " \t\r")] == 0 || strncmp(line, "data =", 6) == 0) return STATUS_OK;
    return config_assign(c, line, err);
}

Status config_read(Config *c, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    TRY(file_read(path, 1 << 20, &data, &size, err));
    Status s = STATUS_OK;
    if (memchr(data, 0, size))
        s = error_set(err, STATUS_INPUT, "%s: holds a NUL byte; text was expected", path);
    else if (strstr((const char *)data,
                    "\ndata = ")) /* the file of a run names every setting that its build had */
        config_older(c);
    int number = 1;
    for (char *line = (char *)data + utf8_mark(data, size); s == STATUS_OK && line; number++) {
        char *next = strchr(line, '\n');
        if (next) *next++ = 0;
        s = read_line(c, line, err);
        if (s != STATUS_OK) {
            error_prefix(err, "%s:%d", path, number);
            s = err ? (err->status = STATUS_INPUT) : STATUS_INPUT;
        }
        line = next;
    }
    mem_free(data);
    return s;
}
