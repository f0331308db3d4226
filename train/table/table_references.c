#include "train/table/table_references.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const Reference REFERENCES[] = {
    {"MSACH", "wu2025msach", "Wu and Tang and Liu and Xu and Chen",
     "Cross-modal hash retrieval of medical images based on Transformer semantic alignment",
     "Journal of Biomedical Engineering 42(1):156-163", 2025, "doi 10.7507/1001-5515.202407034"},
    {"CCA-ITQ", "gong2013itq", "Gong and Lazebnik and Gordo and Perronnin",
     "Iterative quantization: a Procrustean approach to learning binary codes for large-scale image "
     "retrieval",
     "IEEE Transactions on Pattern Analysis and Machine Intelligence 35(12):2916-2929", 2013,
     "doi 10.1109/TPAMI.2012.193"},
    {"CMFH", "ding2014cmfh", "Ding and Guo and Zhou",
     "Collective matrix factorization hashing for multimodal data", "CVPR, 2083-2090", 2014,
     "doi 10.1109/CVPR.2014.267"},
    {"SCM-seq", "zhang2014scm", "Zhang and Li",
     "Large-scale supervised multimodal hashing with semantic correlation maximization", "AAAI", 2014,
     "doi 10.1609/aaai.v28i1.8995"},
    {"DCH", "xu2017dch", "Xu and Shen and Yang and Shen and Li",
     "Learning discriminative binary codes for large-scale cross-modal retrieval",
     "IEEE Transactions on Image Processing 26(5):2494-2507", 2017, "doi 10.1109/TIP.2017.2676345"},
    {"BATCH", "wang2021batch", "Wang and Luo and Nie and Song and Zhang and Xu",
     "BATCH: a scalable asymmetric discrete cross-modal hashing",
     "IEEE Transactions on Knowledge and Data Engineering 33(11):3507-3519", 2021,
     "doi 10.1109/TKDE.2020.2974825"},
    {"DCMH", "jiang2017dcmh", "Jiang and Li", "Deep cross-modal hashing", "CVPR, 3270-3278", 2017,
     "doi 10.1109/CVPR.2017.348"},
    {"CLASSIFIER, ORACLE", "sablayrolles2017hashing", "Sablayrolles and Douze and Usunier and J\xc3\xa9gou",
     "How should we evaluate supervised hashing?", "ICASSP", 2017, "arXiv 1609.06753"},
    {"MAP with ties", "mcsherry2008ties", "McSherry and Najork",
     "Computing information retrieval performance measures efficiently in the presence of tied scores",
     "ECIR", 2008, "doi 10.1007/978-3-540-78646-7_38"},
    {"bootstrap over groups", "field2007clustered", "Field and Welsh", "Bootstrapping clustered data",
     "Journal of the Royal Statistical Society B 69(3):369-390", 2007,
     "doi 10.1111/j.1467-9868.2007.00593.x"},
    {NULL, NULL, NULL, NULL, NULL, 0, NULL}};

const char *reference_text(const Reference *r, char text[REFERENCE_TEXT]) {
    snprintf(text, REFERENCE_TEXT, "%s: %s. %s, %d, %s", r->authors, r->title, r->where, r->year, r->link);
    return text;
}

void references_bibtex(Buffer *b) {
    for (const Reference *r = REFERENCES; r->name; r++) {
        bool doi = strncmp(r->link, "doi ", 4) == 0;
        buffer_printf(b, "%% %s\n@misc{%s,\n  author = {%s},\n  title = {{%s}},\n", r->name, r->key,
                      r->authors, r->title);
        buffer_printf(b, "  howpublished = {%s},\n  year = {%d},\n  %s = {%s}\n}\n\n", r->where, r->year,
                      doi ? "doi" : "note", doi ? r->link + 4 : r->link);
    }
}
