#include "eval/page/glossary.h"

#include <stddef.h>
#include <string.h>

#include "eval/page/html.h"

static const struct {
    const char *term, *meaning;
} GLOSSARY[] = {
    {"MAP",
     "Mean average precision. Of one query: the mean of the precision at each relevant item of its ranking; "
     "then "
     "the mean over all queries. 1 is perfect, random order is chance. An item is relevant where it shares a "
     "label with the query."},
    {"P@10", "Precision at 10: the share of relevant items among the ten nearest, mean over the queries."},
    {"NDCG", "Normalised discounted cumulative gain: rewards items that share many labels at the front of "
             "the ranking; 1 "
             "is the ideal order."},
    {"within 2 bits",
     "Precision among the items that differ from the query in at most two bits; 0 where there are none."},
    {"tie", "Items at the same Hamming distance tie: the codes do not order them. MAP is the expected value "
            "over all orders "
            "of ties; the worst order gives the pessimistic value, the best order the optimistic one. A "
            "difference smaller "
            "than this band can come from the order alone."},
    {"mean tie", "The mean number of items at the distance of an item."},
    {"entropy",
     "Mean over the bits: 1 where each bit splits the cases in halves, 0 where all bits are constant."},
    {"|correlation|",
     "Mean over pairs of bits: 0 where no bit repeats another, 1 where all bits are the same."},
    {"constant bits", "Bits that are equal in all codes; they carry no information."},
    {"95 % interval",
     "Percentile bootstrap over groups of queries, such as patients or videos. A group is drawn with its "
     "queries of all split seeds."},
    {"paired", "The difference is taken query by query, on the split seeds that both rows have."},
    {"ahead on splits", "The number of split seeds on which MSACH has the higher MAP."},
    {"published protocol",
     "The training set is the database, as in most papers. It says little about new cases. The honest "
     "protocol searches cases that were never trained on."},
};

const char *glossary_meaning(const char *term) {
    size_t i = 0, n = sizeof GLOSSARY / sizeof *GLOSSARY;
    while (i < n && strcmp(GLOSSARY[i].term, term) != 0) i++;
    NN_REQUIRE(i < n, "the glossary has no term %s", term);
    return GLOSSARY[i].meaning;
}

void glossary_write(Buffer *b, bool page, const char *const *terms) {
    if (page) html_facts_begin(b);
    for (; *terms; terms++) {
        if (page)
            html_fact(b, *terms, "%s", glossary_meaning(*terms));
        else
            buffer_printf(b, "- %s: %s\n", *terms, glossary_meaning(*terms));
    }
    if (page) html_facts_end(b);
}
