#include "data/sections.h"

#include <string.h>
#include <strings.h>

enum { MOST_HEADINGS = 16 };

/* A heading counts only with its colon or brackets, so that a short heading does not match the start of a longer one. */
static const char *const headings[SECTION_COUNT][MOST_HEADINGS] = {
    [SECTION_FINDINGS] = {"findings", "finding", "检查所见", "超声所见", "影像所见", "影像表现", "所见"},
    [SECTION_IMPRESSION] = {"impression", "conclusion", "conclusions", "diagnosis", "opinion", "超声诊断",
                            "诊断意见", "诊断印象", "诊断提示", "影像诊断", "超声提示", "诊断", "提示",
                            "印象", "结论"},
    [SECTION_INDICATION] = {"indication", "clinical indication", "history", "clinical history", "临床诊断",
                            "病史"},
    [SECTION_COMPARISON] = {"comparison", "comparisons", "对比"},
    [SECTION_OTHER] = {"technique", "examination", "exam", "recommendation", "notification", "检查部位",
                       "检查方法", "检查项目"},
};

static int starts(const char *at, const char *end, const char *word) {
    size_t n = strlen(word);
    return (size_t)(end - at) >= n && strncasecmp(at, word, n) == 0;
}

/* Bytes of the heading at `at`, with its colon or brackets. 0: no heading starts there. */
static size_t heading_size(const char *at, const char *end, Section *section) {
    static const char open[] = "【", close[] = "】", colon[] = "：";
    const char *word = at;
    int bracket = starts(at, end, open);
    if (bracket) word += strlen(open);
    for (int i = 0; i < SECTION_COUNT * MOST_HEADINGS; i++) {
        const char *heading = headings[i / MOST_HEADINGS][i % MOST_HEADINGS];
        if (!heading || !starts(word, end, heading)) continue;
        const char *behind = word + strlen(heading);
        if (bracket && !starts(behind, end, close)) continue;
        if (bracket) behind += strlen(close);
        while (behind < end && *behind == ' ') behind++;
        size_t mark = starts(behind, end, ":") ? 1 : starts(behind, end, colon) ? strlen(colon) : 0;
        if (!mark && !bracket) continue;
        *section = (Section)(i / MOST_HEADINGS);
        return (size_t)(behind - at) + mark;
    }
    return 0;
}

/* True where a sentence or line may start at `at`: only blanks lie between `at` and the start of the text, a line end or a full stop. */
static int may_start(const char *text, const char *at) {
    static const char *const stops[] = {".", ";", "\n", "\r", "。", "；", "】", ")", "!"};
    while (at > text && (at[-1] == ' ' || at[-1] == '\t')) at--;
    if (at == text) return 1;
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        size_t n = strlen(stops[i]);
        if ((size_t)(at - text) >= n && memcmp(at - n, stops[i], n) == 0) return 1;
    }
    return 0;
}

int sections_find(const char *text, size_t size, SectionPart part[SECTIONS_MOST]) {
    const char *end = text + size;
    int n = 0;
    part[n++] = (SectionPart){SECTION_OTHER, text, text, end};
    for (const char *at = text; at < end && n < SECTIONS_MOST; at++) {
        Section section;
        if (((unsigned char)*at & 0xC0) == 0x80 || (unsigned char)*at <= ' ' || !may_start(text, at))
            continue;
        size_t length = heading_size(at, end, &section);
        if (!length) continue;
        part[n - 1].end = at;
        if (at == text) n = 0;
        part[n++] = (SectionPart){section, at, at + length, end};
        at += length - 1;
    }
    return n;
}
