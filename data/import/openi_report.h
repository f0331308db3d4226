/* One report of Open-i's chest X-rays as XML: its sections, its MeSH terms and the names of its pictures. */
#ifndef DATA_OPENI_REPORT_H
#define DATA_OPENI_REPORT_H

#include "nn/base/bytes.h"

enum { OPENI_SECTIONS = 4 };
extern const char *const openi_section_names[OPENI_SECTIONS];

/* labels: as joined by import_add_label; images: ids, each ended by 0. Owned, openi_free. */
typedef struct {
    Buffer section[OPENI_SECTIONS], labels, images;
    char uid[64];
} OpeniReport;

/* terms: the element whose text is a label ("major" or "automatic"). path: for messages. Data that is not XML, has no uId or declares
 * a document type is an input error. Call openi_free in every case. */
Status openi_parse(OpeniReport *r, const char *path, const unsigned char *data, size_t size,
                   const char *terms, Error *err);
void openi_free(OpeniReport *r);

#endif
