#include "cmd/foreign.h"

#include <stdbool.h>
#include <string.h>

/* Formats that are met beside ours, by their first bytes. */
static const struct {
    const char *magic, *name;
} FOREIGN[] = {
    {"PK\3\4", "a ZIP archive (PyTorch .pt, .npz, Keras)"},
    {"\x89HDF\r\n", "an HDF5 file"},
    {"\x80\2", "a Python pickle"},
    {"\x80\3", "a Python pickle"},
    {"\x80\4", "a Python pickle"},
    {"\x80\5", "a Python pickle"},
    {"GGUF", "a GGUF model"},
    {"\x08\x07\x12", "an ONNX model"},
    {"\x08\x08\x12", "an ONNX model"},
    {"MATLAB 5", "a MATLAB file"},
    {"PAR1", "a Parquet table"},
    {"SQLite format 3", "an SQLite database"},
    {"Ix", "a Faiss index"},
    {"IB", "a Faiss index of bits"},
    {"\x1f\x8b", "a gzip file: unpack it"},
    {"\x89PNG", "a PNG picture"},
    {"\xff\xd8\xff", "a JPEG picture"},
    {"%PDF", "a PDF document"},
};

static bool is_text(const unsigned char *head, size_t n) {
    size_t i = 0;
    while (i < n && (head[i] >= ' ' || (head[i] >= '\t' && head[i] <= '\r')) && head[i] != 127) i++;
    return n > 0 && i == n;
}

const char *foreign_name(const unsigned char *head, size_t n) {
    for (size_t i = 0; i < sizeof FOREIGN / sizeof FOREIGN[0]; i++) {
        size_t length = strlen(FOREIGN[i].magic);
        if (n >= length && memcmp(head, FOREIGN[i].magic, length) == 0) return FOREIGN[i].name;
    }
    return is_text(head, n) ? "text" : NULL;
}
