#include "cmd/index_own.h"
#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "nn/base/alloc.h"

const char INDEX_NOTES[] =
    "Without --append, --data replaces an existing index, with a warning. Order of changes: --delete,\n"
    "--append, --compact. Image paths in the index are relative to its folder, of a link to that of the "
    "file.\n"
    "--image-codes A.npy, --text-codes B.npy: codes (n,columns) of any "
    "program, packed bits (uint8, bit j is bit j%8 of byte\n"
    "j/8) or a column a bit of 0/1, -1/+1 or bool. Row i belongs to case i "
    "of the manifest, or to the id in line i of\n"
    "A.ids.txt. Bits of 0 pad codes to 16 bits and to a multiple of 8. "
    "Such an index is searched with --id or --code.";

Status index_delete_named(const Args *a, Error *err) {
    const char **ids;
    int n;
    TRY(args_list(a, "delete", &ids, &n, err));
    Status s = index_delete(args_get(a, "out"), ids, (size_t)n, err);
    mem_free(ids);
    return s;
}

Status index_check_options(const Args *a, Error *err) {
    bool data = args_has(a, "data"), changes = args_has(a, "delete") || args_has(a, "compact");
    bool own = args_has(a, "image-codes") || args_has(a, "text-codes");
    if (data && !own && !args_has(a, "model"))
        return args_incomplete(a, err, "--data needs --model, or --image-codes and --text-codes");
    if (own && !data) return args_incomplete(a, err, "--image-codes and --text-codes need --data");
    if (own && args_has(a, "model"))
        return args_wrong(a, err, "--image-codes and --text-codes exclude --model");
    if (!own && args_has(a, "form"))
        return args_wrong(a, err, "--form goes with --image-codes or --text-codes");
    if (!data && (args_has(a, "append") || !changes)) return args_incomplete(a, err, "--data is needed");
    if (data && changes && !args_has(a, "append"))
        return args_wrong(a, err, "--data writes a new index; --delete and --compact require --append");
    return STATUS_OK;
}
