/* The fuzz targets, one a parser. Each takes any bytes, must neither crash, leak, hang nor go beyond a bound, and checks what must
 * hold for bytes that were read: what our writers make of them reads back the same. */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* One a line: the Makefile and the scripts read the names from here. */
#define FUZZ_TARGETS(X)                                                                                      \
    X(image)                                                                                                 \
    X(dicom)                                                                                                 \
    X(manifest)                                                                                              \
    X(jsonl)                                                                                                 \
    X(csv)                                                                                                   \
    X(text)                                                                                                  \
    X(table)                                                                                                 \
    X(words)                                                                                                 \
    X(journal)                                                                                               \
    X(xml)                                                                                                   \
    X(safetensors)                                                                                           \
    X(npy)                                                                                                   \
    X(index)                                                                                                 \
    X(config)                                                                                                \
    X(queries)                                                                                               \
    X(ask)

#define FUZZ_DECLARE(name) void fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS(FUZZ_DECLARE)
#undef FUZZ_DECLARE

#endif
