#include "data/picture/dicom.h"
#include "data/picture/image.h"
#include "data/picture/jpeg.h"
#include "data/picture/png.h"
#include "data/picture/pnm.h"

Status image_check(const char *path, const unsigned char *data, size_t size, Error *err) {
    switch (image_kind(data, size)) {
    case IMAGE_DICOM:
        return dicom_check(path, data, size, NULL, err);
    case IMAGE_PNG:
        return png_check(path, data, size, err);
    case IMAGE_JPEG:
        return jpeg_check(path, data, size, NULL, err);
    case IMAGE_PNM:
        return pnm_check(path, data, size, err);
    default:
        return image_refuse(path, err);
    }
}
