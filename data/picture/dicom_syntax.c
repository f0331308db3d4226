#include "data/picture/dicom_syntax.h"

#include <string.h>

#define TO_EXPLICIT "dcmconv +te IN.dcm OUT.dcm"
#define FROM_JPEG "dcmdjpeg IN.dcm OUT.dcm"

/* A row serves all UIDs that start with its uid; longer ones come first. convert NULL: no common program converts it. */
static const struct {
    const char *uid, *name, *convert;
} refused[] = {
    {"1.2.840.10008.1.2.1.98", "encapsulated uncompressed", "gdcmconv --raw IN.dcm OUT.dcm (GDCM)"},
    {"1.2.840.10008.1.2.1.99", "deflated", TO_EXPLICIT},
    {"1.2.840.10008.1.2.2", "big endian", TO_EXPLICIT},
    {"1.2.840.10008.1.2.5", "RLE", "dcmdrle IN.dcm OUT.dcm"},
    {"1.2.840.10008.1.2.6", "MIME or XML", NULL},
    {"1.2.840.10008.1.2.7", "a video", NULL},
    {"1.2.840.10008.1.2.8", "deflated frames", NULL},
    {"1.2.840.10008.1.2.4.10", "a video", NULL},
    {"1.2.840.10008.1.2.4.11", "JPEG XL", NULL},
    {"1.2.840.10008.1.2.4.204", "JPIP: its pixels are on a server", NULL},
    {"1.2.840.10008.1.2.4.205", "JPIP: its pixels are on a server", NULL},
    {"1.2.840.10008.1.2.4.20", "High-Throughput JPEG 2000", NULL},
    {"1.2.840.10008.1.2.4.51", "JPEG of 12 bits", FROM_JPEG},
    {"1.2.840.10008.1.2.4.53", "JPEG of spectral selection", FROM_JPEG},
    {"1.2.840.10008.1.2.4.55", "progressive JPEG", FROM_JPEG},
    {"1.2.840.10008.1.2.4.57", "lossless JPEG", FROM_JPEG},
    {"1.2.840.10008.1.2.4.70", "lossless JPEG", FROM_JPEG},
    {"1.2.840.10008.1.2.4.5", "a retired kind of JPEG", NULL},
    {"1.2.840.10008.1.2.4.6", "a retired kind of JPEG", NULL},
    {"1.2.840.10008.1.2.4.8", "JPEG-LS", "dcmdjpls IN.dcm OUT.dcm"},
    {"1.2.840.10008.1.2.4.94", "JPIP: its pixels are on a server", NULL},
    {"1.2.840.10008.1.2.4.95", "JPIP: its pixels are on a server", NULL},
    {"1.2.840.10008.1.2.4.9", "JPEG 2000", "gdcmconv --raw IN.dcm OUT.dcm (GDCM)"},
    {"", "not one of the standard", NULL},
};

Status dicom_syntax(const char *uid, const char *path, DicomSyntax *syntax, Error *err) {
    static const struct {
        const char *uid;
        DicomSyntax syntax;
    } known[] = {{"", DICOM_AS_FOUND},
                 {"1.2.840.10008.1.2", DICOM_IMPLICIT},
                 {"1.2.840.10008.1.2.1", DICOM_EXPLICIT},
                 {"1.2.840.10008.1.2.4.50", DICOM_JPEG}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(uid, known[i].uid) == 0) {
            *syntax = known[i].syntax;
            return STATUS_OK;
        }
    size_t i = 0;
    while (strncmp(uid, refused[i].uid, strlen(refused[i].uid)) != 0) i++;
    const char *convert = refused[i].convert;
    return error_set(err, STATUS_INPUT,
                     "%s: is DICOM of transfer syntax %s (%s); uncompressed little endian or baseline JPEG "
                     "was expected; %s%s",
                     path, uid, refused[i].name,
                     convert ? "convert it: " : "DCMTK and GDCM do not convert it: export it again as ",
                     convert ? convert : "Explicit VR Little Endian");
}
