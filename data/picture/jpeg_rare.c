#include "data/picture/jpeg.h"

const char *jpeg_rare_kind(int marker, const unsigned char *p, size_t size) {
    if (marker == 0xF7) return "is JPEG-LS, which is not read; export it as PNG";
    if (!jpeg_is_frame(marker)) return NULL;
    if (marker == 0xC9 || marker == 0xCA)
        return "is a JPEG with arithmetic coding, which is not read; convert it: jpegtran -copy all -outfile "
               "OUT.jpg IN.jpg";
    if (marker == 0xC3 || marker == 0xCB)
        return "is a lossless JPEG, which is not read; convert it: ffmpeg -i IN.jpg OUT.png";
    if (marker > 0xC2) return "is a hierarchical JPEG, which is not read; export it as PNG";
    if (size < 6) return NULL;
    if (p[0] != 8) return "is a JPEG of 12 bits a sample, which is not read; export it as PNG of 16 bits";
    bool usual = p[5] == 1 || p[5] == 3 || p[5] == 4;
    return usual ? NULL : "is a JPEG that has not 1, 3 or 4 components; export it as PNG";
}
