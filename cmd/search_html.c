#include <stdio.h>

#include "cmd/pages/page_parts.h"
#include "cmd/pages/search_page.h"
#include "cmd/search_ask.h"

enum { PAGE_MOST = 100000000 /* bytes of a page that browsers still open without trouble */ };

void search_html_begin(Search *s) {
    page_begin(&s->page, &s->finder);
}

Status search_html_add(Search *s, const Query *q, Error *err) {
    TRY(page_answer_size(&s->finder, &s->answer, &s->page_size, err));
    TRY(page_check_size(s->args, s->page_path, s->page_size, PAGE_MOST, err));
    return page_answer(&s->page, &s->finder, q, args_get(s->args, "words"), &s->answer, err);
}

Status search_html_end(Search *s, Error *err) {
    Buffer command = {0};
    Status status = page_end(&s->page, &s->finder, args_command(s->args, &command), s->page_path, err);
    buffer_free(&command);
    if (status == STATUS_OK) printf("%s\n", s->page_path);
    return status;
}
