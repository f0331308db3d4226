/* DICOM: header and pixels. What passes the check decodes or is refused for what is in its pixels; a frame alike twice. */
#include <string.h>

#include "data/picture/dicom.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

enum { MOST_FRAMES = 3 };

static void decode(const uint8_t *data, size_t size, int frame, int frames) {
    Image im, twice;
    Error err = {0};
    Status s = dicom_decode(&im, "input", data, size, frame, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && strncmp(err.message, "input", 5) == 0));
    FUZZ_CHECK(s != STATUS_OK || frame < frames);
    FUZZ_CHECK(dicom_decode(&twice, "input", data, size, frame, NULL) == s);
    FUZZ_CHECK((s == STATUS_OK) == (im.pixel != NULL));
    if (s == STATUS_OK) {
        FUZZ_CHECK(im.width > 0 && im.height > 0 && (int64_t)im.width * im.height <= IMAGE_MAX_PIXELS);
        FUZZ_CHECK(memcmp(im.pixel, twice.pixel, (size_t)im.width * (size_t)im.height) == 0);
    }
    image_free(&im);
    image_free(&twice);
}

void fuzz_dicom(const uint8_t *data, size_t size) {
    DicomInfo info;
    Error err = {0};
    uint8_t *copy = harness_copy(data, size);
    Status s = dicom_check("input", copy, size, &info, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && strncmp(err.message, "input", 5) == 0));
    if (s == STATUS_OK) {
        FUZZ_CHECK(info.frames > 0 && strlen(info.patient) < sizeof info.patient);
        decode(copy, size, DICOM_MIDDLE + (int)harness_choice(data, size, MOST_FRAMES - DICOM_MIDDLE),
               info.frames);
    }
    free(copy);
}
