/* The encoding of a text is guessed: each sentence is encoded by iconv, guessed and read back. */
#include "data/encoding.h"

#include <iconv.h>
#include <string.h>

#include "data/text_read.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"

/* text, UTF-8, in the encoding; the bytes and how many. */
static const unsigned char *in(const char *encoding, const char *text, size_t *size) {
    static unsigned char bytes[8000];
    char *from = (char *)(size_t)text, *to = (char *)bytes;
    size_t left = strlen(text), room = sizeof bytes;
    iconv_t how = iconv_open(encoding, "UTF-8");
    cr_assert(how != (iconv_t)-1, "%s", encoding);
    cr_assert_neq(iconv(how, &from, &left, &to, &room), (size_t)-1, "%s: %s", encoding, text);
    iconv_close(how);
    *size = sizeof bytes - room;
    return bytes;
}

/* Asserts that the text in this encoding is read back unchanged without naming the encoding. */
static void is_read(const char *encoding, const char *found, const char *text) {
    size_t size, n;
    char *back = NULL;
    Error err = {0};
    TextEncoding e = {0};
    const unsigned char *bytes = in(encoding, text, &size);
    cr_assert_eq(text_decode("t", bytes, size, &back, &n, &e, &err), STATUS_OK, "%s: %s: %s", encoding, text,
                 err.message);
    cr_assert_str_eq(e.found, found, "%s: %s", encoding, text);
    cr_assert_str_eq(back, text);
    cr_assert_eq(n, strlen(text));
    mem_free(back);
}

/* Asserts that the text is refused without a named encoding and read with it. */
static void is_refused(const char *encoding, const char *text) {
    size_t size, n;
    char *back = NULL;
    Error err = {0};
    TextEncoding e = {.wanted = encoding};
    const unsigned char *bytes = in(encoding, text, &size);
    const char *guess = encoding_guess(bytes, size);
    cr_assert_null(guess, "%s as %s: %s", encoding, guess, text);
    cr_assert_eq(text_decode("t", bytes, size, &back, &n, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "import --encoding NAME"));
    cr_assert_null(back);
    cr_assert_eq(text_decode("t", bytes, size, &back, &n, &e, &err), STATUS_OK, "%s", err.message);
    cr_assert_str_eq(back, text);
    mem_free(back);
}

static const char *const western[] = {
    "Rundherd rechts, unverändert.",
    "Lesión en riñón.",
    "Größe der Läsion 12 mm. Überwärmung über dem Knöchel; Maße unverändert.",
    "Opacité en verre dépoli à gauche ; pas d’épanchement pleural. Cœur de taille normale.",
    "Nódulo tiroideo derecho, ecogenicidad homogénea, ¿quístico? Niño de 5 años.",
    "Nódulo na mama esquerda, contornos irregulares; não há adenopatias. Lesão cística à direita.",
    "Versamento pleurico: no. È presente un’opacità alla base; più evidente che in passato.",
    "Geen afwijkingen; de lever is homogeen. Coördinatie: één laesie, niet vergroot – controle.",
    "Förtätning i höger lunga, oförändrad. Ingen pleuravätska på vänster sida. Åldersförändringar.",
    "Ingen forandringer; hjertet er ikke forstørret. Væske på højre side.",
    "Ei merkittävää muutosta. Vasen munuainen näyttää normaalilta, käyrä hyvä, ääni",
    "Compared with the patient’s earlier scan: “no change” – 3 × 4 mm, 37 °C ± 0.5 µg/mL…",
    "naïve",
    "5 µm",
    "ÄÖÜ und so",
    "l·lesió",
    "patient´s",
    "Señor MUÑOZ",
    "LÉSION DROITE À CONTRÔLER",
    "letras y más letras: Á,É,Í\nÑ;Ö;Ü\n",
    "“”‘’–—…",
};

static const char *const chinese[] = {
    "未见异常",
    "肝脏大小正常，实质回声均匀，未见明显占位性病变。",
    "双肺纹理增粗，右下肺见斑片状模糊影，考虑炎症。心影不大。建议随访。",
    "CT: 左肺上叶 nodule 8 mm, 边界清; no effusion. 甲状腺右叶见低回声结节。",
    "id,text\n1,左肾结石\n2,胆囊壁毛糙\n3,normal\n",
    "姓名：张三\n性别：男\n",
    "肺",
};

Test(encoding, western_texts_are_windows_1252_and_never_chinese) {
    for (size_t i = 0; i < sizeof western / sizeof western[0]; i++)
        is_read("WINDOWS-1252", "WINDOWS-1252", western[i]);
}

Test(encoding, chinese_texts_in_gbk_and_gb18030_are_read_as_ever) {
    for (size_t i = 0; i + 1 < sizeof chinese / sizeof chinese[0]; i++) {
        is_read("GBK", "GB18030", chinese[i]);
        is_read("GB18030", "GB18030", chinese[i]);
    }
}

Test(encoding, utf8_and_marked_utf16_are_what_they_say) {
    for (size_t i = 0; i < sizeof chinese / sizeof chinese[0]; i++) {
        char marked[4000] = "\xEF\xBB\xBF";
        is_read("UTF-8", "UTF-8", chinese[i]);
        strcat(strcpy(marked, "\xEF\xBB\xBF"), chinese[i]);
        for (int big = 0; big < 3; big++) {
            static const char *const names[] = {"UTF-16LE", "UTF-16BE", "UTF-8"};
            size_t size, n;
            char *back = NULL;
            TextEncoding e = {.wanted = "WINDOWS-1252"};
            const unsigned char *bytes = in(names[big], marked, &size);
            cr_assert_eq(text_decode("t", bytes, size, &back, &n, &e, NULL), STATUS_OK);
            cr_assert_str_eq(back, chinese[i]);
            cr_assert_str_eq(e.found, names[big]);
            mem_free(back);
        }
    }
}

Test(encoding, other_encodings_are_refused_rather_than_read_as_something_else) {
    static const char *const other[][2] = {
        {"WINDOWS-1251", "Очаговых изменений в печени не выявлено. Почки без особенностей."},
        {"KOI8-R", "Очаговых изменений в печени не выявлено."},
        {"ISO-8859-7", "Χωρίς παθολογικά ευρήματα στον δεξιό πνεύμονα."},
        {"EUC-KR", "우측 폐 하엽에 결절이 관찰됩니다 흉수는 없습니다"},
        {"SHIFT_JIS", "右肺下葉に結節を認める。胸水はない。"},
        {"EUC-JP", "右肺下葉に結節を認める。胸水はない。"},
        {"BIG5", "右肺下葉可見結節，無胸腔積液，建議追蹤檢查。"},
        {"CP850", "Größe der Läsion unverändert, Rücken über dem Knöchel"},
        {"MACINTOSH", "Opacité en verre dépoli, épanchement pleural modéré à gauche"},
        {"ISO-8859-2", "Zmiana ogniskowa w wątrobie, nie stwierdza się powiększonych węzłów chłonnych"},
    };
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) is_refused(other[i][0], other[i][1]);
    is_refused("GBK", "肺"); /* one character is no evidence */
}

Test(encoding, a_wish_that_the_bytes_do_not_fit_is_told_with_the_line) {
    static const unsigned char bytes[] = "one\ntwo\xFF\xFF\n";
    char *back = NULL;
    size_t n;
    Error err = {0};
    TextEncoding e = {.wanted = "UTF-8"};
    cr_assert_eq(text_decode("t", bytes, sizeof bytes - 1, &back, &n, &e, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "t:2: is not UTF-8"), "%s", err.message);
    e.wanted = "no-such-encoding";
    cr_assert_eq(text_decode("t", bytes, sizeof bytes - 1, &back, &n, &e, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "which this system does not convert"));
    cr_assert(text_encoding_known("GB18030"));
    cr_assert_not(text_encoding_known("no-such-encoding"));
    cr_assert_eq(text_decode("t",
                             (const unsigned char *)"\xFF\xFE"
                                                    "a\0\0\0",
                             6, &back, &n, NULL, &err),
                 STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "holds a 0 byte"));
}
