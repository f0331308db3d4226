#include "data/picture/dicom_syntax.h"

#include <string.h>

/* A row serves all UIDs that start with it; the longest comes first. */
static const struct {
    const char *uid, *name, *convert;
} refused[] = {
    {"1.2.840.10008.1.2.1.99", "deflated", "dcmconv +te IN.dcm OUT.dcm"},
    {"1.2.840.10008.1.2.2", "big endian", "dcmconv +te IN.dcm OUT.dcm"},
    {"1.2.840.10008.1.2.5", "RLE", "dcmdrle IN.dcm OUT.dcm"},
    {"1.2.840.10008.1.2.4.80", "JPEG-LS", "dcmdjpls IN.dcm OUT.dcm"},
    {"1.2.840.10008.1.2.4.81", "JPEG-LS", "dcmdjpls IN.dcm OUT.dcm"},
    {"1.2.840.10008.1.2.4.9", "JPEG 2000", "gdcmconv --raw IN.dcm OUT.dcm (GDCM)"},
    {"1.2.840.10008.1.2.4.10", "a video", "ffmpeg, to single pictures"},
    {"1.2.840.10008.1.2.4.2", "High-Throughput JPEG 2000", "gdcmconv --raw IN.dcm OUT.dcm (GDCM)"},
    {"1.2.840.10008.1.2.4.", "JPEG other than baseline", "dcmdjpeg IN.dcm OUT.dcm"},
};

Status dicom_syntax(const char *uid, const char *path, bool *explicit_vr, bool *jpeg, Error *err) {
    *jpeg = strcmp(uid, "1.2.840.10008.1.2.4.50") == 0;
    *explicit_vr = *jpeg || strcmp(uid, "1.2.840.10008.1.2.1") == 0;
    if (*explicit_vr || strcmp(uid, "1.2.840.10008.1.2") == 0) return STATUS_OK;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (strncmp(uid, refused[i].uid, strlen(refused[i].uid)) == 0)
            return error_set(
                err, STATUS_INPUT,
                "%s: is DICOM of transfer syntax %s (%s); uncompressed little endian or baseline JPEG was "
                "expected; convert it: %s",
                path, uid, refused[i].name, refused[i].convert);
    return error_set(err, STATUS_INPUT,
                     "%s: is DICOM of transfer syntax '%s', which is unknown; uncompressed little endian or "
                     "baseline JPEG was expected; convert it: dcmconv +te IN.dcm OUT.dcm",
                     path, uid);
}
