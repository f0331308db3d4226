#include "data/sections.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *word;
    Section section;
} headings[] = {
    {"findings", SECTION_FINDINGS},
    {"finding", SECTION_FINDINGS},
    {"impression", SECTION_IMPRESSION},
    {"conclusion", SECTION_IMPRESSION},
    {"conclusions", SECTION_IMPRESSION},
    {"diagnosis", SECTION_IMPRESSION},
    {"opinion", SECTION_IMPRESSION},
    {"indication", SECTION_INDICATION},
    {"clinical indication", SECTION_INDICATION},
    {"history", SECTION_INDICATION},
    {"clinical history", SECTION_INDICATION},
    {"comparison", SECTION_COMPARISON},
    {"comparisons", SECTION_COMPARISON},
    {"technique", SECTION_OTHER},
    {"examination", SECTION_OTHER},
    {"exam", SECTION_OTHER},
    {"recommendation", SECTION_OTHER},
    {"notification", SECTION_OTHER},
    {"检查所见", SECTION_FINDINGS},
    {"超声所见", SECTION_FINDINGS},
    {"影像所见", SECTION_FINDINGS},
    {"影像表现", SECTION_FINDINGS},
    {"所见", SECTION_FINDINGS},
    {"超声诊断", SECTION_IMPRESSION},
    {"诊断意见", SECTION_IMPRESSION},
    {"诊断印象", SECTION_IMPRESSION},
    {"诊断提示", SECTION_IMPRESSION},
    {"影像诊断", SECTION_IMPRESSION},
    {"超声提示", SECTION_IMPRESSION},
    {"诊断", SECTION_IMPRESSION},
    {"提示", SECTION_IMPRESSION},
    {"印象", SECTION_IMPRESSION},
    {"结论", SECTION_IMPRESSION},
    {"临床诊断", SECTION_INDICATION},
    {"病史", SECTION_INDICATION},
    {"对比", SECTION_COMPARISON},
    {"检查部位", SECTION_OTHER},
    {"检查方法", SECTION_OTHER},
    {"检查项目", SECTION_OTHER},
};

static int starts(const char *at, const char *end, const char *word) {
    size_t n = strlen(word);
    return (size_t)(end - at) >= n && strncasecmp(at, word, n) == 0;
}

/* Bytes of a heading at `at` with its colon or closing bracket, 0 where none stands there. */
static size_t heading_size(const char *at, const char *end, Section *section) {
    static const char open[] = "【", close[] = "】", colon[] = "：";
    const char *word = at;
    int bracket = starts(at, end, open);
    if (bracket) word += strlen(open);
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++) {
        if (!starts(word, end, headings[i].word)) continue;
        const char *behind = word + strlen(headings[i].word);
        if (bracket && !starts(behind, end, close)) continue;
        if (bracket) behind += strlen(close);
        while (behind < end && *behind == ' ') behind++;
        size_t mark = starts(behind, end, ":") ? 1 : starts(behind, end, colon) ? strlen(colon) : 0;
        if (!mark && !bracket) continue;
        *section = headings[i].section;
        return (size_t)(behind - at) + mark;
    }
    return 0;
}

/* Whether a sentence or line may start at `at`: nothing but blanks between it and a line end, a full stop or the like. */
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
