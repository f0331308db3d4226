/* The sections of a report by their headings, in English and Chinese. */
#ifndef DATA_SECTIONS_H
#define DATA_SECTIONS_H

#include <stddef.h>

typedef enum {
    SECTION_OTHER,
    SECTION_INDICATION,
    SECTION_COMPARISON,
    SECTION_FINDINGS,
    SECTION_IMPRESSION,
    SECTION_COUNT
} Section;

enum { SECTIONS_MOST = 32 };

/* heading: where the section starts; body: behind the heading and its colon; end: one behind the section. Pointers into the text. */
typedef struct {
    Section section;
    const char *heading, *body, *end;
} SectionPart;

/* The parts of a text in their order; text before the first heading is SECTION_OTHER. A heading is one of the known words
 * (findings, impression, conclusion, indication, comparison, technique, ...; 检查所见, 超声所见, 诊断, 提示, 印象, ...) at the
 * start of the text, of a line or of a sentence, with ':' or a full-width colon behind it, or within 【 】. Returns their number, at
 * least 1; of more than SECTIONS_MOST parts the last one runs to the end of the text. */
int sections_find(const char *text, size_t size, SectionPart part[SECTIONS_MOST]);

#endif
