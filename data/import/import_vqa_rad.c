/* VQA-RAD: one JSON array of questions. The questions on a picture are its text, except those on the organ, which is the label. */
#include <string.h>

#include "data/import/entries.h"
#include "data/import/import_case.h"
#include "data/json_whole.h"
#include "nn/base/alloc.h"

enum { TEXT, LABEL, GROUP };

static const char *string_of(const json_t *question, const char *key) {
    const char *s = json_string_value(json_object_get(question, key));
    return s ? s : "";
}

static void add_question(Entry *e, const json_t *question) {
    const json_t *answer = json_object_get(question, "answer");
    const char *group = string_of(question, "image_case_url"), *id = strstr(group, "id=");
    const char *asked = string_of(question, "question"), *organ = string_of(question, "image_organ");
    if (!e->column[GROUP].size) buffer_printf(&e->column[GROUP], "%s", id ? id + 3 : group);
    if (!e->column[LABEL].size) import_add_label(&e->column[LABEL], organ, strlen(organ));
    if (strstr(string_of(question, "question_type"), "ORGAN")) return;
    Buffer *b = &e->column[TEXT];
    import_add_text(b, asked, strlen(asked));
    if (*asked && asked[strlen(asked) - 1] != '?') buffer_add(b, "?", 1);
    if (json_is_integer(answer))
        buffer_printf(b, " %lld.", (long long)json_integer_value(answer));
    else if (json_is_number(answer))
        buffer_printf(b, " %g.", json_number_value(answer));
    else if (json_is_string(answer)) {
        import_add_text(b, json_string_value(answer), json_string_length(answer));
        buffer_add(b, ".", 1);
    }
}

static Status read_questions(Import *im, const char *path, const json_t *all, Entries *images, Error *err) {
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *question = json_array_get(all, i);
        const char *name = string_of(question, "image_name");
        Status s = STATUS_OK;
        if (!*name || strchr(name, '/'))
            s = error_set(err, STATUS_INPUT, "%s: question %zu has no image_name; a file's name was expected",
                          path, i + 1);
        if (s != STATUS_OK) {
            TRY(import_bad(im, s, err));
            continue;
        }
        Entry *e = entries_at(images, name);
        if (e) add_question(e, question);
        if (!e || e->column[TEXT].failed) return mem_error(err, path);
    }
    return STATUS_OK;
}

static Status take_all(Import *im, const Entries *images, Error *err) {
    static const char *const folders[] = {"images", "VQA_RAD Image Folder", "VQA_RAD_Image_Folder", "", NULL};
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < images->ids.n; i++) {
        const char *name = names_at(&images->ids, i), *dot = strrchr(name, '.');
        Entry *e = &images->entry[i];
        Buffer id = {0};
        buffer_add(&id, name, dot ? (size_t)(dot - name) : strlen(name));
        char *image = import_image(im, folders, name);
        ImportCase c = {buffer_text(&id),
                        buffer_text(&e->column[TEXT]),
                        buffer_text(&e->column[LABEL]),
                        buffer_text(&e->column[GROUP]),
                        NULL,
                        image};
        s = id.failed ? mem_error(err, "an id") : import_case(im, &c, err);
        mem_free(image);
        buffer_free(&id);
    }
    return s;
}

Status import_vqa_rad(Import *im, Error *err) {
    static const char *const names[] = {"VQA_RAD_Dataset_Public.json", "VQA_RAD Dataset Public.json", NULL};
    char *path, *text = NULL;
    size_t size;
    json_error_t fault;
    json_t *all = NULL;
    bool no_memory = false;
    Entries images = {0};
    TRY(import_need(im, names, &path, err));
    Status s = import_text(im, path, &text, &size, err);
    if (s == STATUS_OK) all = json_whole(text, size, 0, &fault, &no_memory);
    if (no_memory) s = mem_error(err, path);
    if (s == STATUS_OK && !json_is_array(all))
        s = error_set(err, STATUS_INPUT, "%s:%d: %s; an array of questions was expected", path,
                      all ? 1 : fault.line, all ? "is no array" : fault.text);
    if (s == STATUS_OK) s = read_questions(im, path, all, &images, err);
    if (s == STATUS_OK) s = take_all(im, &images, err);
    entries_free(&images);
    json_decref(all);
    mem_free(text);
    mem_free(path);
    return s;
}
