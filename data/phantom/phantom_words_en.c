#include <stddef.h>

#include "data/phantom/phantom_words.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

#define MASS_STATEMENTS                                                                                      \
    LIST("{a} measuring {s} is seen {p}.", "{p} there is {a}, {s}.", "{s} {n} {p}.",                         \
         "demonstrated {p}: {n}, {s} in size, {d} below the skin.",                                          \
         "{a} of about {s} lies {p} at a depth of {d}.", "we note {a} {p}; it measures {s}.",                \
         "examination reveals {a} ({s}) {p}.")

const PhantomWords phantom_words_en = {
    .organs[PHANTOM_BREAST] = LIST("breast", "right breast", "left breast"),
    .organs[PHANTOM_THYROID] = LIST("thyroid", "thyroid gland", "neck"),
    .organs[PHANTOM_LIVER] = LIST("liver", "right upper abdomen", "upper abdomen"),
    .organs[PHANTOM_KIDNEY] = LIST("kidney", "right kidney", "left kidney", "urinary tract"),
    .organs[PHANTOM_GALLBLADDER] = LIST("gallbladder", "biliary system", "right upper quadrant"),
    .organs[PHANTOM_PELVIS] = LIST("pelvis", "lower abdomen", "uterus and bladder"),
    .organs[PHANTOM_LUNG] = LIST("lung", "chest", "pleura and lung"),
    .unremarkable[PHANTOM_BREAST] =
        LIST("the fibroglandular tissue is of mixed echogenicity.", "skin and nipple are unremarkable.",
             "the pectoral fascia is intact.", "axillary nodes have a normal hilum."),
    .unremarkable[PHANTOM_THYROID] = LIST("background echotexture is homogeneous.", "vascularity is normal.",
                                          "the trachea is central.", "the common carotid artery is patent."),
    .unremarkable[PHANTOM_LIVER] =
        LIST("the liver is normal in size and echotexture.", "the portal vein is patent.",
             "hepatic veins drain normally.", "the diaphragm moves freely."),
    .unremarkable[PHANTOM_KIDNEY] =
        LIST("corticomedullary differentiation is preserved.", "renal length is normal.",
             "cortical thickness is unremarkable.", "the renal outline is regular elsewhere."),
    .unremarkable[PHANTOM_GALLBLADDER] =
        LIST("the gallbladder wall is thin.", "the gallbladder is normally distended.",
             "Murphy's sign is negative.", "the portal vein has normal flow."),
    .unremarkable[PHANTOM_PELVIS] = LIST("the bladder is well filled.", "the endometrial stripe is thin.",
                                         "the uterus is anteverted.", "the bladder wall is smooth."),
    .unremarkable[PHANTOM_LUNG] = LIST("lung sliding is present.", "the ribs are intact.",
                                       "the diaphragm moves normally.", "the chest wall is unremarkable."),
    .places[PHANTOM_BREAST] = LIST("in the upper outer quadrant", "in the lower inner quadrant",
                                   "at 2 o'clock", "at 10 o'clock", "in the central breast"),
    .places[PHANTOM_THYROID] = LIST("in the upper pole", "in the lower pole", "in the mid third of the lobe"),
    .places[PHANTOM_LIVER] = LIST("in the right lobe", "in the left lobe", "in segment IV", "in segment VI"),
    .places[PHANTOM_KIDNEY] = LIST("in the upper pole", "in the lower pole", "in the renal cortex"),
    .places[PHANTOM_GALLBLADDER] =
        LIST("in the adjacent liver", "beside the gallbladder", "in the gallbladder fossa"),
    .places[PHANTOM_PELVIS] = LIST("behind the bladder", "in the adnexal region", "next to the uterus"),
    .places[PHANTOM_LUNG] = LIST("beneath the pleura", "at the lung base", "in the lung periphery"),
    .stone_places[PHANTOM_KIDNEY] = LIST("in the renal pelvis", "in a calyx", "in the collecting system"),
    .stone_places[PHANTOM_GALLBLADDER] =
        LIST("in the gallbladder lumen", "in the dependent gallbladder", "in the gallbladder neck"),
    .stone_places[PHANTOM_PELVIS] = LIST("in the bladder", "on the bladder floor"),
    .stones[PHANTOM_BREAST] = LIST("macrocalcification", "coarse calcification"),
    .stones[PHANTOM_THYROID] = LIST("coarse calcification", "calcified focus"),
    .stones[PHANTOM_LIVER] = LIST("calcified focus", "intrahepatic calculus"),
    .stones[PHANTOM_KIDNEY] = LIST("renal calculus", "kidney stone"),
    .stones[PHANTOM_GALLBLADDER] = LIST("gallstone", "biliary calculus"),
    .stones[PHANTOM_PELVIS] = LIST("bladder stone", "vesical calculus"),
    .fluids[PHANTOM_BREAST] = LIST("within the breast", "between the tissue planes"),
    .fluids[PHANTOM_LIVER] = LIST("around the liver", "in the perihepatic space"),
    .fluids[PHANTOM_KIDNEY] = LIST("around the kidney", "in Morison's pouch"),
    .fluids[PHANTOM_GALLBLADDER] = LIST("around the gallbladder", "along the gallbladder bed"),
    .fluids[PHANTOM_PELVIS] = LIST("in the pouch of Douglas", "behind the uterus"),
    .fluids[PHANTOM_LUNG] = LIST("in the pleural space", "above the diaphragm"),
    .ducts[PHANTOM_BREAST] = LIST("milk duct", "subareolar duct"),
    .ducts[PHANTOM_LIVER] = LIST("intrahepatic bile duct", "left hepatic duct"),
    .ducts[PHANTOM_KIDNEY] = LIST("proximal ureter", "renal pelvis and ureter"),
    .ducts[PHANTOM_GALLBLADDER] = LIST("common bile duct", "extrahepatic bile duct"),
    .ducts[PHANTOM_PELVIS] = LIST("distal ureter", "pelvic ureter"),
    .nouns[PHANTOM_CYST] =
        LIST("simple cyst", "anechoic lesion with posterior enhancement",
             "fluid-filled thin-walled structure", "round echo-free area with a sharp back wall",
             "cystic lesion with through transmission", "thin-walled anechoic cavity"),
    .nouns[PHANTOM_REGULAR] = LIST(
        "oval hypoechoic solid nodule with circumscribed margin", "well-defined homogeneous low-echo mass",
        "smoothly outlined solid lesion", "wider-than-tall circumscribed nodule",
        "solid nodule with a regular capsule", "sharply bordered oval solid focus"),
    .nouns[PHANTOM_SPICULATED] =
        LIST("hypoechoic mass with spiculated margin", "stellate low-echo lesion with echogenic halo",
             "ill-defined solid mass with radiating spicules", "irregular nodule with angular jagged edges",
             "infiltrating crab-like lesion", "solid lesion of irregular shape with partial shadowing"),
    .nouns[PHANTOM_STONE] =
        LIST("{t}", "{t} with clean acoustic shadowing", "strongly echogenic focus casting a shadow",
             "bright arc-like reflector with a dark band behind it", "hyperechoic {t}", "shadowing {t}"),
    .nouns[PHANTOM_FLUID] = LIST("crescent of anechoic fluid", "free fluid collection", "echo-free effusion",
                                 "layer of clear fluid", "wedge-shaped fluid pocket"),
    .statements[PHANTOM_NORMAL] =
        LIST("appearances are within normal limits.", "normal study throughout.",
             "the examined region is entirely unremarkable.", "normal echo pattern in all planes.",
             "there is no focal abnormality.", "nothing abnormal is detected."),
    .statements[PHANTOM_CYST] = MASS_STATEMENTS,
    .statements[PHANTOM_REGULAR] = MASS_STATEMENTS,
    .statements[PHANTOM_SPICULATED] = MASS_STATEMENTS,
    .statements[PHANTOM_STONE] = MASS_STATEMENTS,
    .statements[PHANTOM_FLUID] =
        LIST("{a} up to {w} deep is noted {t}.", "{t} there is {a}, {w} in depth.", "we see {a} {t} ({w}).",
             "{a} has gathered {t}, thickness {w}.", "fluid is present {t}, maximal depth {w}."),
    .statements[PHANTOM_DUCT] = LIST(
        "the {t} is dilated to {w}.", "dilated {t}, calibre {w}.", "the {t} is widened, {w} in diameter.",
        "a tubular anechoic structure with parallel walls, {w} wide, follows the {t}.",
        "ectasia of the {t} ({w}).", "the {t} measures {w}, clearly above normal."),
    .statements[PHANTOM_B_LINES] =
        LIST("multiple B-lines arise from the pleural line.",
             "{k} vertical comet-tail artefacts reach the bottom of the image.",
             "laser-like rays extend from the pleura and erase the A-lines.",
             "{k} B-lines in one intercostal space.", "ring-down artefacts below the pleura, lung rockets.",
             "coalescing vertical reverberations from the lung surface."),
    .details[PHANTOM_CYST] =
        LIST("the contents are clear.", "its wall is imperceptible.", "echoes behind it are enhanced."),
    .details[PHANTOM_REGULAR] =
        LIST("its margin is smooth.", "internal echoes are even.", "it is parallel to the skin."),
    .details[PHANTOM_SPICULATED] = LIST("its margin is not circumscribed.",
                                        "surrounding tissue is retracted.", "sound is attenuated behind it."),
    .details[PHANTOM_STONE] = LIST("the shadow is sharp.", "tissue behind it cannot be assessed."),
    .details[PHANTOM_FLUID] = LIST("it shifts with position.", "no septation within it.",
                                   "its outline follows the neighbouring organs."),
    .details[PHANTOM_DUCT] = LIST("its walls are echogenic.", "no flow inside on colour Doppler."),
    .details[PHANTOM_B_LINES] = LIST("they move with sliding.", "the pleural line is slightly thickened."),
    .absent[PHANTOM_CYST] = LIST("cyst", "simple cyst", "cystic lesion", "thin-walled cyst"),
    .absent[PHANTOM_REGULAR] =
        LIST("solid nodule", "circumscribed nodule", "solid lesion", "hypoechoic nodule"),
    .absent[PHANTOM_SPICULATED] =
        LIST("spiculated mass", "irregular mass", "infiltrating lesion", "stellate lesion"),
    .absent[PHANTOM_STONE] = LIST("calculus", "stone", "calcification", "shadowing stone", "shadowing focus"),
    .absent[PHANTOM_FLUID] = LIST("free fluid", "fluid collection", "effusion"),
    .absent[PHANTOM_DUCT] = LIST("duct dilatation", "dilated duct", "ductal ectasia"),
    .absent[PHANTOM_B_LINES] = LIST("B-lines", "comet-tail artefacts", "lung rockets"),
    .impressions[PHANTOM_NORMAL] = LIST("normal examination", "no significant abnormality", "normal study"),
    .impressions[PHANTOM_CYST] = LIST("simple cyst", "benign cystic lesion", "uncomplicated cyst"),
    .impressions[PHANTOM_REGULAR] = LIST("probably benign solid nodule", "benign-looking solid mass",
                                         "circumscribed nodule, follow-up advised"),
    .impressions[PHANTOM_SPICULATED] =
        LIST("suspicious mass, biopsy advised", "malignancy to be excluded", "highly suspicious lesion"),
    .impressions[PHANTOM_STONE] = LIST("{t}", "solitary {t}", "shadowing {t}"),
    .impressions[PHANTOM_FLUID] = LIST("fluid {t}", "effusion {t}", "small collection {t}"),
    .impressions[PHANTOM_DUCT] =
        LIST("dilatation of the {t}", "ectasia of the {t}", "obstruction of the {t} not excluded"),
    .impressions[PHANTOM_B_LINES] = LIST("interstitial syndrome", "B-pattern", "extravascular lung water"),
    .one_negation = LIST("no {x} is seen.", "there is no evidence of {x}.", "no {x}.", "negative for {x}.",
                         "looked for and not found: {x}.", "not identified: {x}."),
    .two_negations = LIST("no {x} or {y} is seen.", "neither {x} nor {y} is present.", "without {x} or {y}.",
                          "there is no {x} and no {y}.", "no sign of {x}, {y} not seen either."),
    .techniques = LIST("ultrasound of the {o}.", "targeted {o} sonography.", "B-mode examination of the {o}.",
                       "scan of the {o} in two planes.", "sonogram, {o}.", "grey-scale images of the {o}."),
    .questions = LIST("clinical question: {x}?", "indication: rule out {x}.", "referred to exclude {x}.",
                      "earlier report mentioned {x}; comparison requested."),
    .impression_leads = LIST("impression: ", "conclusion: ", "opinion: "),
    .findings_leads = LIST("", "", "findings: "),
    .gap = " ",
    .comma = "; ",
    .stop = ".",
    .times = " x ",
    .unit = " mm",
    .articles = 1,
};
