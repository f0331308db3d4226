/* Guesses the encoding of a text from its bytes. */
#ifndef DATA_ENCODING_H
#define DATA_ENCODING_H

#include <stddef.h>

/* "UTF-8" where all bytes are valid UTF-8. Else "GB18030" where the double-byte characters stand in runs, lie within GB2312 and
 * are Chinese characters rather than Korean, Japanese or Cyrillic ones. Else "WINDOWS-1252" where the bytes above 0x7F are
 * letters among Latin letters, or punctuation that no word holds. Else NULL. */
const char *encoding_guess(const unsigned char *data, size_t size);

#endif
