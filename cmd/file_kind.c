#include "cmd/file_kind.h"

#include <stdbool.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "nn/base/npz.h"
#include "nn/base/parts.h"

static bool ends_with(const char *path, const char *ending) {
    size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcmp(path + n - k, ending) == 0;
}

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

/* The name of a format of another program, or NULL. */
static const char *foreign_name(const unsigned char *head, size_t n) {
    for (size_t i = 0; i < sizeof FOREIGN / sizeof FOREIGN[0]; i++) {
        size_t length = strlen(FOREIGN[i].magic);
        if (n >= length && memcmp(head, FOREIGN[i].magic, length) == 0) return FOREIGN[i].name;
    }
    return is_text(head, n) ? "text" : NULL;
}

Status file_kind(const char *path, FileKind *kind, Error *err) {
    unsigned char head[64] = {0};
    size_t n;
    *kind = FILE_CODES;
    if (PART_ARRAYS && npz_is_member(path, &n)) return STATUS_OK;
    TRY(file_head(path, head, sizeof head, &n, err));
    const char *foreign = ends_with(path, ".idx") ? NULL : foreign_name(head, n);
    if (ends_with(path, ".npy") || memcmp(head, "\x93NUMPY", 6) == 0)
        *kind = FILE_CODES;
    else if (ends_with(path, ".safetensors") || (!ends_with(path, ".idx") && head[8] == '{'))
        *kind = FILE_WEIGHTS;
    else
        *kind = foreign ? FILE_FOREIGN : FILE_INDEX;
    if (*kind != FILE_FOREIGN) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: is %s; a model, checkpoint or index of msach, or a .npy array (FILE.npy, "
                     "FILE.npz:NAME), was expected",
                     path, foreign);
}
