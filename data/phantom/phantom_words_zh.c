#include <stddef.h>

#include "data/phantom/phantom_words.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

#define MASS_STATEMENTS                                                                                      \
    LIST("{p}可见{n}，大小约{s}。", "{p}探及一{n}，范围约{s}，距体表约{d}。", "于{p}见{n}，约{s}。",         \
         "{p}显示{n}，测量大小{s}。", "扫查发现{p}有{n}，大小{s}，深度约{d}。", "{p}见一大小约{s}的{n}。")

const PhantomWords phantom_words_zh = {
    .organs[PHANTOM_BREAST] = LIST("乳腺", "右侧乳腺", "左侧乳腺"),
    .organs[PHANTOM_THYROID] = LIST("甲状腺", "颈部甲状腺"),
    .organs[PHANTOM_LIVER] = LIST("肝脏", "上腹部", "右上腹"),
    .organs[PHANTOM_KIDNEY] = LIST("肾脏", "右肾", "左肾", "泌尿系"),
    .organs[PHANTOM_GALLBLADDER] = LIST("胆囊", "胆道系统"),
    .organs[PHANTOM_PELVIS] = LIST("盆腔", "下腹部", "子宫及膀胱"),
    .organs[PHANTOM_LUNG] = LIST("肺部", "胸膜及肺", "胸部"),
    .unremarkable[PHANTOM_BREAST] =
        LIST("腺体层结构清晰。", "皮肤及乳头未见异常。", "腋窝淋巴结形态正常。", "胸肌筋膜连续。"),
    .unremarkable[PHANTOM_THYROID] = LIST("腺体回声均匀。", "血流信号正常。", "气管居中。", "颈总动脉通畅。"),
    .unremarkable[PHANTOM_LIVER] =
        LIST("肝脏大小形态正常。", "门静脉血流通畅。", "肝静脉走行正常。", "膈肌运动自如。"),
    .unremarkable[PHANTOM_KIDNEY] =
        LIST("皮髓质分界清楚。", "肾脏大小正常。", "皮质厚度正常。", "肾周脂肪层存在。"),
    .unremarkable[PHANTOM_GALLBLADDER] =
        LIST("胆囊壁不厚。", "胆囊大小正常。", "墨菲征阴性。", "门静脉内径正常。"),
    .unremarkable[PHANTOM_PELVIS] = LIST("膀胱充盈良好。", "子宫内膜线清晰。", "子宫前位。", "膀胱壁光滑。"),
    .unremarkable[PHANTOM_LUNG] =
        LIST("肺滑动征存在。", "肋骨连续。", "膈肌运动正常。", "胸壁软组织未见异常。"),
    .places[PHANTOM_BREAST] = LIST("外上象限", "内下象限", "2点钟方向", "10点钟方向", "乳房中央区"),
    .places[PHANTOM_THYROID] = LIST("腺叶上极", "腺叶下极", "腺叶中部"),
    .places[PHANTOM_LIVER] = LIST("肝右叶", "肝左叶", "肝S4段", "肝S6段"),
    .places[PHANTOM_KIDNEY] = LIST("肾上极", "肾下极", "肾皮质内"),
    .places[PHANTOM_GALLBLADDER] = LIST("胆囊旁肝内", "胆囊旁", "胆囊窝处"),
    .places[PHANTOM_PELVIS] = LIST("膀胱后方", "附件区", "子宫旁"),
    .places[PHANTOM_LUNG] = LIST("胸膜下", "肺底部", "肺周边部"),
    .stone_places[PHANTOM_KIDNEY] = LIST("肾盂内", "肾盏内", "集合系统内"),
    .stone_places[PHANTOM_GALLBLADDER] = LIST("胆囊腔内", "胆囊底部", "胆囊颈部"),
    .stone_places[PHANTOM_PELVIS] = LIST("膀胱内", "膀胱后壁处"),
    .stones[PHANTOM_BREAST] = LIST("粗大钙化", "钙化灶"),
    .stones[PHANTOM_THYROID] = LIST("粗大钙化", "钙化灶"),
    .stones[PHANTOM_LIVER] = LIST("钙化灶", "肝内胆管结石"),
    .stones[PHANTOM_KIDNEY] = LIST("肾结石", "结石"),
    .stones[PHANTOM_GALLBLADDER] = LIST("胆囊结石", "结石"),
    .stones[PHANTOM_PELVIS] = LIST("膀胱结石", "结石"),
    .fluids[PHANTOM_BREAST] = LIST("腺体层间", "乳腺内"),
    .fluids[PHANTOM_LIVER] = LIST("肝周", "肝前间隙"),
    .fluids[PHANTOM_KIDNEY] = LIST("肾周", "肝肾隐窝"),
    .fluids[PHANTOM_GALLBLADDER] = LIST("胆囊周围", "胆囊床"),
    .fluids[PHANTOM_PELVIS] = LIST("子宫直肠陷凹", "子宫后方"),
    .fluids[PHANTOM_LUNG] = LIST("胸腔", "膈上"),
    .ducts[PHANTOM_BREAST] = LIST("乳腺导管", "乳晕下导管"),
    .ducts[PHANTOM_LIVER] = LIST("肝内胆管", "左肝管"),
    .ducts[PHANTOM_KIDNEY] = LIST("输尿管上段", "肾盂及输尿管"),
    .ducts[PHANTOM_GALLBLADDER] = LIST("胆总管", "肝外胆管"),
    .ducts[PHANTOM_PELVIS] = LIST("输尿管下段", "盆段输尿管"),
    .nouns[PHANTOM_CYST] = LIST("囊肿", "无回声区，边界清晰，后方回声增强", "囊性结构，壁薄，透声好",
                                "类圆形液性暗区，后壁锐利", "薄壁无回声腔", "囊性病灶，内透声良好"),
    .nouns[PHANTOM_REGULAR] =
        LIST("低回声结节，边界清，形态规则", "椭圆形实性低回声团，边缘光整", "均质实性结节，包膜完整",
             "边界清晰的实性病灶", "形态规则的低回声结节，纵横比小于1"),
    .nouns[PHANTOM_SPICULATED] =
        LIST("低回声肿块，形态不规则，边缘呈毛刺状", "星芒状低回声灶，周边见高回声晕",
             "实性肿块，边缘成角，边界不清", "蟹足样浸润性病灶", "不规则结节，后方回声衰减"),
    .nouns[PHANTOM_STONE] =
        LIST("{t}", "强回声光团，后方伴声影", "弧形强回声，后方见暗带", "{t}，后方声影清晰", "伴声影的{t}"),
    .nouns[PHANTOM_FLUID] =
        LIST("新月形无回声带", "游离液性暗区", "不规则积液", "片状液性无回声", "楔形液体聚集"),
    .statements[PHANTOM_NORMAL] = LIST("所见各结构回声正常。", "扫查区域未见异常。", "声像图未见明显异常。",
                                       "各切面回声正常。", "未见局灶性病变。"),
    .statements[PHANTOM_CYST] = MASS_STATEMENTS,
    .statements[PHANTOM_REGULAR] = MASS_STATEMENTS,
    .statements[PHANTOM_SPICULATED] = MASS_STATEMENTS,
    .statements[PHANTOM_STONE] = MASS_STATEMENTS,
    .statements[PHANTOM_FLUID] = LIST("{t}可见{n}，最深处约{w}。", "{t}探及{n}，深约{w}。",
                                      "{t}见{n}，厚约{w}。", "{t}积液，深度约{w}。"),
    .statements[PHANTOM_DUCT] = LIST("{t}扩张，内径约{w}。", "{t}增宽，呈管状无回声，内径{w}。",
                                     "沿{t}走行见双壁平行的管状暗区，宽约{w}。", "{t}明显增粗，宽{w}。"),
    .statements[PHANTOM_B_LINES] =
        LIST("胸膜线下可见多条B线。", "见{k}条彗星尾征自胸膜线直达屏幕底部。",
             "可见激光样垂直伪像，A线消失。", "一个肋间隙内见{k}条B线。", "胸膜下见肺火箭征。"),
    .details[PHANTOM_CYST] = LIST("内部透声好。", "囊壁菲薄。", "其后方回声增强。"),
    .details[PHANTOM_REGULAR] = LIST("边缘光滑。", "内部回声均匀。", "长轴与皮肤平行。"),
    .details[PHANTOM_SPICULATED] = LIST("与周围组织分界不清。", "周围组织受牵拉。", "其后方回声衰减。"),
    .details[PHANTOM_STONE] = LIST("声影清晰。", "其后方组织显示不清。"),
    .details[PHANTOM_FLUID] = LIST("随体位移动。", "内未见分隔。", "形态随邻近脏器变化。"),
    .details[PHANTOM_DUCT] = LIST("管壁回声增强。", "彩色多普勒内无血流信号。"),
    .details[PHANTOM_B_LINES] = LIST("随呼吸滑动。", "胸膜线略增厚。"),
    .absent[PHANTOM_CYST] = LIST("囊肿", "囊性病变", "囊性结构"),
    .absent[PHANTOM_REGULAR] = LIST("实性结节", "低回声结节", "实性病灶"),
    .absent[PHANTOM_SPICULATED] = LIST("毛刺样肿块", "不规则肿块", "浸润性病灶"),
    .absent[PHANTOM_STONE] = LIST("结石", "钙化灶", "强回声伴声影", "强回声光团"),
    .absent[PHANTOM_FLUID] = LIST("积液", "游离液体", "游离液性暗区"),
    .absent[PHANTOM_DUCT] = LIST("导管扩张", "管道扩张", "管腔增宽"),
    .absent[PHANTOM_B_LINES] = LIST("B线", "彗星尾征", "肺火箭征"),
    .impressions[PHANTOM_NORMAL] = LIST("未见明显异常", "正常声像图", "检查未见异常"),
    .impressions[PHANTOM_CYST] = LIST("单纯性囊肿", "良性囊性病变", "考虑囊肿"),
    .impressions[PHANTOM_REGULAR] =
        LIST("实性结节，考虑良性", "良性结节可能，建议随访", "形态规则的实性占位"),
    .impressions[PHANTOM_SPICULATED] = LIST("可疑恶性肿块，建议活检", "恶性占位待排", "高度可疑病变"),
    .impressions[PHANTOM_STONE] = LIST("{t}", "单发{t}"),
    .impressions[PHANTOM_FLUID] = LIST("{t}积液", "{t}少量积液", "{t}液体聚集"),
    .impressions[PHANTOM_DUCT] = LIST("{t}扩张", "{t}增宽，梗阻待排"),
    .impressions[PHANTOM_B_LINES] = LIST("肺间质综合征", "B线征象", "血管外肺水增多"),
    .one_negation =
        LIST("未见{x}。", "未见明显{x}。", "未探及{x}。", "无{x}。", "{x}未见显示。", "未发现{x}征象。"),
    .two_negations = LIST("未见{x}及{y}。", "未探及明显{x}、{y}。", "无{x}，亦无{y}。", "{x}、{y}均未见。"),
    .techniques =
        LIST("{o}超声检查。", "{o}常规扫查。", "经体表扫查{o}。", "{o}二维灰阶成像。", "多切面扫查{o}。"),
    .questions = LIST("临床疑诊：{x}？", "申请目的：除外{x}。", "外院提示{x}，要求复查。"),
    .impression_leads = LIST("超声提示：", "诊断意见：", "印象："),
    .findings_leads = LIST("超声所见：", "超声所见：", "检查所见：", ""),
    .gap = "",
    .comma = "；",
    .stop = "。",
    .times = "×",
    .unit = "mm",
    .articles = 0,
};
