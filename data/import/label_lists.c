/* The shipped lists of label words, English and Chinese. README.md has the accuracy of chest-xray on radiologists' reports. */
#include <stddef.h>
#include <string.h>

#include "data/import/label_words.h"

static const char CHEST_XRAY[] =
    "cardiomegaly: cardiomegaly, enlarged heart, heart ... enlarged, cardiac silhouette ... enlarged, "
    "cardiac enlargement, enlargement of the cardiac silhouette, heart ... top normal, cardiomediastinal "
    "silhouette ... enlarged, "
    "enlarged cardiac, heart size is increased, heart is large, large heart, 心影增大, 心脏增大, 心影扩大, "
    "心胸比增大\n"
    "lung_opacity: opacit*, infiltrat*, consolidat*, airspace disease, air space disease, pneumonia, "
    "bronchopneumonia, "
    "实变, 渗出, 斑片影, 斑片状影, 片状影, 浸润, 肺炎, 炎症, 炎性\n"
    "atelectasis: atelecta*, lung collapse, 肺不张, 膨胀不全\n"
    "pleural_effusion: pleural effusion, effusion, pleural fluid, -pericardial effusion, blunting ... "
    "costophrenic, 胸腔积液, 胸水, "
    "肋膈角变钝\n"
    "pneumothorax: pneumothora*, 气胸\n"
    "granuloma: granuloma*, 肉芽肿\n"
    "calcification: calcif*, calcinosis, -calcif* ... granuloma*, 钙化\n"
    "spine_degeneration: degenerative, osteophyt*, spondylosis, spurring, spondylitic, 骨质增生, 退行性变, "
    "骨赘\n"
    "spine_curvature: scoliosis, scoliotic, kyphosis, kyphotic, kyphoscoliosis, dextroscoliosis, "
    "levoscoliosis, "
    "脊柱侧弯, 侧凸, 后凸\n"
    "scar: scar, scarring, cicatri*, fibrotic scar, 瘢痕, 陈旧病灶, 纤维条索, 纤维灶\n"
    "hyperinflation: hyperinflat*, hyperexpan*, emphysem*, copd, chronic obstructive, hyperluc*, flatten* "
    "... diaphragm*, "
    "flatten* ... hemidiaphragm*, diaphragm* ... flatten*, hemidiaphragm* ... flatten*, bullous, bulla*, "
    "overexpan*, overinflat*, "
    "hyperaerat*, 肺气肿, 过度充气, 肺大疱\n"
    "hypoinflation: hypoinflat*, low lung volumes, lung volumes are low, low volumes, shallow inspiration, "
    "hypoventilat*, "
    "decreased lung volumes, hypoaerat*, hypoexpan*, low volume, diminished lung volumes, 吸气不足\n"
    "aorta_abnormal: tortuous, tortuosity, ectatic, ectasia, atherosclero*, unfolded aorta, aorta ... "
    "enlarged, "
    "aneurysm*, aort* ... calcif*, calcif* ... aort*, 主动脉迂曲, 主动脉硬化, 主动脉钙化\n"
    "nodule_or_mass: nodul*, mass, masses, -mass effect, -nodular opacit*, -nodular densit*, 结节, 肿块, "
    "占位, 团块\n"
    "device_or_surgery: catheter*, picc, port, pacemaker*, pacer, leads, clip, surgical clips, sternotomy, "
    "suture*, "
    "stent, tube, staples, hardware, fixation, prosthe*, implant*, valve replacement, defibrillator, wires, "
    "cabg, fusion, "
    "foreign body, bullet, shrapnel, arthroplasty, 起搏器, 导管, 术后, 金属, 内固定\n"
    "fracture: fractur*, rib deformity, 骨折\n"
    "congestion_or_edema: edema, -soft tissue edema, congestion, vascular congestion, congestive, heart "
    "failure, cephalization, "
    "vascular engorgement, fluid overload, kerley, 肺水肿, 淤血, 瘀血, 心力衰竭\n"
    "elevated_diaphragm: elevat* ... diaphragm*, elevat* ... hemidiaphragm*, diaphragm* ... elevat*, "
    "hemidiaphragm* ... elevat*, "
    "eventration, 膈肌抬高, 膈面抬高\n"
    "interstitial_markings: interstitial ... markings, interstitial prominence, prominence of the ... "
    "interstitium, "
    "interstitial disease, interstitial lung disease, interstitial pattern, interstitial changes, "
    "interstitial thickening, "
    "chronic interstitial, reticular, reticulonodular, fibrosis, prominent ... markings, increased ... "
    "markings, "
    "prominence of ... markings, markings ... prominent, bronchovascular crowding, bronchovascular markings, "
    "crowding of the bronchovascular, -interstitial edema, 肺纹理增多, 肺纹理增粗, 间质\n"
    "[normal]: no acute, normal chest, unremarkable, within normal limits, lungs are clear, clear lungs, "
    "normal, no active, "
    "no evidence of active, negative chest, 未见异常, 未见明显异常, 正常\n";

static const char LUNG_ULTRASOUND[] =
    "b_lines: b lines, b-lines, b line, b-line, light beam, comet tail*, ring down, interstitial syndrome, "
    "white lung, b线, "
    "彗星尾, 白肺\n"
    "consolidation: consolidat*, hepatization, hepatisation, shred sign, tissue-like, 实变, 肝样变, 碎片征\n"
    "pleural_effusion: pleural effusion, effusion, pleural fluid, hemothorax, 胸腔积液, 积液\n"
    "pleural_irregularity: pleural irregular*, subpleural irregular*, pleural line ... irregular*, "
    "irregular* ... pleur*, "
    "thickened pleur*, pleural thickening, pleural-line thicken*, pleura ... thicken*, thicken* ... pleural "
    "line, pleural line disrupt*, "
    "pleural line ... interrupted, fragmented pleural line, 胸膜线不规则, 胸膜增厚, 胸膜线增厚, 胸膜线中断\n"
    "air_bronchogram: air bronchogram*, air bronchiogram*, 支气管充气征\n"
    "pneumothorax: pneumothora*, barcode sign, stratosphere sign, lung point, absent lung sliding, 气胸, "
    "肺点, 平流层征\n"
    "atelectasis: atelecta*, 肺不张\n"
    "[normal]: a-lines, a lines, lung sliding, normal lung, normal, healthy, a线, 肺滑动, 正常, 未见异常, "
    "未见明显异常\n";

static const char BREAST_ULTRASOUND[] =
    "@not-a-cue: not circumscribed, not parallel\n"
    "cyst: cyst, cystic, 囊肿, 囊性\n"
    "fibroadenoma: fibroadenoma*, 纤维腺瘤\n"
    "mass: mass, masses, lesion, nodul*, tumor*, tumour*, 肿块, 结节, 占位, 低回声团\n"
    "calcification: calcif*, microcalcif*, 钙化\n"
    "malignant: malignan*, carcinoma*, cancer*, invasive, spiculat*, -history ... cancer*, 恶性, 癌\n"
    "benign: benign, 良性\n"
    "duct_dilatation: duct* ectasia, dilat* duct*, duct* ... dilat*, 导管扩张\n"
    "lymph_node: lymph node ... enlarg*, enlarg* lymph node, lymphadenopathy, abnormal lymph node, "
    "淋巴结肿大, 淋巴结增大\n"
    "mastitis: mastitis, abscess*, 乳腺炎, 脓肿\n"
    "hyperplasia: hyperplasia, fibrocystic, 增生\n"
    "[normal]: normal, no abnormality, unremarkable, no suspicious, 未见异常, 未见明显异常, 正常\n";

static const struct {
    const char *name, *text;
} LISTS[] = {{"chest-xray", CHEST_XRAY},
             {"lung-ultrasound", LUNG_ULTRASOUND},
             {"breast-ultrasound", BREAST_ULTRASOUND}};
enum { LIST_COUNT = sizeof LISTS / sizeof LISTS[0] };

const char *label_list_name(int i) {
    return i >= 0 && i < LIST_COUNT ? LISTS[i].name : NULL;
}

const char *label_list(const char *name) {
    for (int i = 0; i < LIST_COUNT; i++)
        if (strcmp(LISTS[i].name, name) == 0) return LISTS[i].text;
    return NULL;
}
