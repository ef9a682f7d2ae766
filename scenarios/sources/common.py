"""Chinese characters that stand in most customer lists: in running text, in names of people, places and trades.

They tell which of two encodings a handful of characters is in: the wrong one gives characters that are as regular,
yet that nobody uses. Simplified first, then the forms of these that differ in traditional writing, and kana.
"""

from __future__ import annotations

_TEXT = """
的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经
十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形
相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题程展五
果料象员位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回
则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花
带安场身车例真务具万每目至达走积示议声报完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫究观越织装影
算低持音众书布复容儿须际商非验连断深难近矿千周素技备半办青省列习响约支感劳便团往历市克何除消构府称太准精值号率族维划选标写存候亲
快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严
"""
_NAMES = """
李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石
姚谭廖邹熊陆郝孔崔康毛邱秦史顾侯邵孟龙段雷钱汤尹黎武乔贺赖龚文伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛超霞刚桂兰淑芬雅婷豪俊宏怡君玲
燕飞鹏辉波斌宇浩凯健慧琳雪梅莉萍珍琴玉洁欣佳美惠德福祥瑞荣昌盛兴隆泰恒鑫森磊晨欧阳诸葛司徒
"""
_PLACES = """
京津沪渝广东深圳杭州苏南武汉成都庆西安青岛连厦门福建浙江河湖四川陕辽宁吉林黑龙徽云贵台湾香港澳雄竹桃园沙郑济沈哈尔滨昆肥昌佛莞锡
"""
_TRADES = """
公司有限股份集团科技电子信息医疗零售制造金融银行保险软件网络贸易实业投资食品汽车能源教育物流房地产建筑化工械客户编号名称区域销负责
姓款额币元腾讯百度阿里巴巴药店酒饭旅游服饰纺织钢煤钱租赁咨询顾问律师财会票券基链云智慧数字芯片半导体光伏仪器航空港船
"""
_TRADITIONAL = """
這為個國時來們於對會發動過說產種後學經進著裡現實電點從業應開還無義樣與關線內數氣條沒結問意見軍題員總設長頭資邊圖統較將組計別農
區強決戰則據處隊給門規熱領東導壓爭濟階術極聯認權證採轉單風場車務萬達積議聲報類離華確張馬節話況傳許廣記織裝眾書復兒須際驗連斷難
礦備辦習響約勞團歷構稱準號維劃選標寫親廠識適屬圓調滿縣參紅細聽該鐵價嚴陳劉楊趙黃吳孫羅鄭謝韓馮蕭鄧蘇盧蔣賈葉閻鍾範譚鄒陸龍
錢湯喬賀賴龔偉靜麗艷傑濤蘭飛鵬輝潔榮興慶連廈遼寧臺灣達廣醫療製造銀險軟網絡貿軟汽車聯發碩腦鴻積晶圓華藥飯遊飾紡鋼煤賃詢顧師財
會鏈雲體儀船戶編稱銷負責額幣騰訊豐華誠億訂貨務營運機構協會媽靈鮮網灣樂禮鋁鎮鄉縣
"""
COMMON = frozenset("".join((_TEXT + _NAMES + _PLACES + _TRADES + _TRADITIONAL).split()))
"""Common characters, simplified and traditional."""


def share_of_common(text: str) -> float:
    """Return the share (0-1) of the characters beyond ASCII that are common Chinese ones; 0 where there are none."""
    special = [c for c in text if not c.isascii()]
    return sum(c in COMMON for c in special) / len(special) if special else 0.0
